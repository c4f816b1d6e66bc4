// The page: signs in, chooses a workspace, and joins the stream module to the views.
//
// Reading order: session.js (who), ../realtime.js (the stream), then the views it feeds: connection-view.js,
// metrics-view.js, activity-view.js, events-view.js, types-view.js; and streams-view.js for administrators.

import { StreamPosition } from '../realtime/position.js';
import { Endpoint } from '../realtime/endpoint.js';
import { RealtimeAnalytics } from '../realtime.js';
import { ActivityView } from './activity-view.js';
import { ConnectionView } from './connection-view.js';
import { EventsView } from './events-view.js';
import { MetricsView } from './metrics-view.js';
import { chosenWorkspace, rememberWorkspace, signIn, signOut, takeLoginLink, watchSession, whoAmI } from './session.js';
import { StreamsView } from './streams-view.js';
import { TypesView } from './types-view.js';

/** Enough for the last minutes of a lively workspace. */
const BACKFILL = 1_000;
/** How far back names of people are looked for: a bounded part of the log, however long it is. */
const NAMES_WITHIN = 20_000;
/** How long to wait before a server that could not be reached is asked again. */
const ASK_AGAIN = 5_000;

const find = (id) => document.getElementById(id);

const connection = new ConnectionView({
  root: find('connection'), text: find('connection-text'), announcer: find('announcer'),
  freshness: find('freshness'), banner: find('banner'), bannerText: find('banner-text'),
  bannerAction: find('banner-action'), dashboard: find('view-dashboard'),
});
const metrics = new MetricsView(find('metrics'));
const types = new TypesView(find('types'), find('types-empty'), find('types-total'));
const activity = new ActivityView({
  chart: find('tide'), line: find('tide-line'), area: find('tide-area'), rate: find('rate'),
});
const events = new EventsView({
  list: find('events'), empty: find('events-empty'), emptyText: find('events-empty-text'),
  emptyAction: find('events-clear'), pause: find('pause'), pauseText: find('pause-text'), note: find('events-note'),
  kinds: find('kinds'), type: find('filter-type'), user: find('filter-user'),
});
const streams = new StreamsView({
  panel: find('streams'), title: find('streams-title'), body: find('streams-body'), note: find('streams-note'),
  error: find('streams-error'), closeAll: find('close-all'), dialog: find('close-dialog'), dialogText: find('close-text'),
});

/** Who is signed in, and what they watch. It outlives an expired session: the same person goes on where they were. */
let me = null;
let live = null;
/** Counts the calls of `start` and the sign-outs: of answers that overlap, the last one asked for counts. */
let generation = 0;

// MARK: Views

function show(view) {
  const hadFocus = document.activeElement !== document.body;
  document.body.dataset.view = view;
  for (const section of document.querySelectorAll('.view')) section.hidden = section.id !== `view-${view}`;
  find('account').hidden = view !== 'dashboard' && view !== 'nowhere';
  find('connection').hidden = view !== 'dashboard' && view !== 'signedout';
  find('switcher').hidden = view !== 'dashboard' || (me?.workspaces.length ?? 0) < 2;
  // What had the focus is gone: go on at the top of what came.
  if (hadFocus && document.activeElement === document.body) find('main').focus({ preventScroll: true });
}

function showSignedOut(message = null) {
  streams.stop();
  find('signin-error').hidden = message === null;
  find('signin-error').textContent = message ?? '';
  connection.enter({ state: 'signedOut', delay: 0, reason: null });
  connection.draw(null);
  show('signedout');
}

function showProblem(error) {
  find('problem-title').textContent = error.status === 0 ? 'The server cannot be reached' : 'Something went wrong';
  find('problem-detail').textContent = error.status === 0
    ? 'It may be restarting, or you may be offline. This page tries again by itself.' : error.message;
  show('problem');
}

// MARK: The live part

function watch(workspace) {
  live?.close();
  rememberWorkspace(workspace);
  const name = workspace.slug ?? workspace.id;
  document.title = `${workspace.name ?? name} · Tideline`;
  find('title').textContent = workspace.name ?? name;
  clearViews();
  events.setEmptyText('Waiting for the first events…');
  let hasNames = false;
  live = new RealtimeAnalytics(name, {
    backfill: BACKFILL,
    onStatsUpdate(stats) {
      metrics.show(stats);
      types.show(stats.eventCounts);
    },
    onEvent(event) {
      events.add(event);
      activity.add(event);
    },
    onReset() {
      events.addGap('Some events are missing here: the server could not go on exactly where this page was.');
    },
    onConnect() {
      events.setEmptyText('Nothing has happened yet. New events appear here at once.');
      if (!hasNames) lookUpNames(live);
      hasNames = true;
    },
    onState(detail) {
      if (detail.state === 'signedOut') return showSignedOut('Your session has ended. Sign in to go on where you were.');
      connection.enter(detail);
      if (live) drawConnection();
    },
  });
  showDashboard(workspace);
}

function clearViews() {
  for (const view of [metrics, types, events, activity]) view.clear();
}

function showDashboard(workspace) {
  show('dashboard');
  drawConnection();
  if (workspace.role === 'admin') streams.watch(live.workspace, () => live?.connectionId ?? null);
  else streams.stop();
}

/** Once the position is known: the names that people gave themselves before this page was opened. */
async function lookUpNames(stream) {
  const head = StreamPosition.parse(stream.lastEventId);
  if (!head) return;
  const after = `${head.epoch}-${Math.max(0, head.sequence - NAMES_WITHIN)}`;
  try {
    const { body } = await new Endpoint(stream.workspace).log({ after, types: 'user.updated', limit: 1_000 });
    if (stream === live) events.learnNames(body?.events ?? []);
  } catch {
    // Without names the rows show ids; the figures are not affected.
  }
}

function drawConnection() {
  if (live && document.body.dataset.view === 'dashboard') connection.draw(live.statsAt);
}

function fillSwitcher(workspaces, current) {
  const options = workspaces.map(({ id, slug, name }) => new Option(name ?? slug ?? id, id, false, id === current.id));
  find('workspaces').replaceChildren(...options);
}

find('workspaces').addEventListener('change', ({ target }) => {
  watch(me.workspaces.find(({ id }) => id === target.value));
});

// MARK: Coming and going

async function start() {
  let before;
  const own = generation += 1;
  try {
    const answer = await whoAmI();
    if (own !== generation) return;
    before = me;
    me = answer;
  } catch (error) {
    if (own !== generation) return;
    if (error.status === 401) return showSignedOut();
    showProblem(error);
    if (error.isTransient) setTimeout(() => { if (document.body.dataset.view === 'problem') start(); }, ASK_AGAIN);
    return;
  }
  find('account-name').textContent = me.name || me.userId;
  const current = chosenWorkspace(me.workspaces);
  if (!current) return show('nowhere');
  fillSwitcher(me.workspaces, current);
  const isSame = live !== null && before?.userId === me.userId && live.workspace === (current.slug ?? current.id);
  if (!isSame) return watch(current);
  if (live.state === 'signedOut' || live.state === 'closed') live.reconnect();
  showDashboard(current);
}

/** A new sign-in replaces the old session; when it fails, an older session still in place is used. */
async function enter(token, refusal) {
  try {
    await signIn(token);
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) return showProblem(error);
    await start();
    if (document.body.dataset.view === 'signedout') showSignedOut(refusal);
    return;
  }
  await start();
}

/** Nothing stays behind of what this person saw. */
function leave() {
  generation += 1;
  live?.close();
  live = null;
  me = null;
  clearViews();
  document.title = 'Tideline';
  find('title').textContent = 'Workspace';
  find('account-name').textContent = '';
  find('workspaces').replaceChildren();
  showSignedOut();
}

find('signin').addEventListener('submit', (submission) => {
  submission.preventDefault();
  const token = find('token').value;
  find('token').value = '';
  enter(token, 'That token was not accepted: it may have expired or belong to another server.');
});
find('sign-out').addEventListener('click', async () => {
  live?.close();
  live = null;
  try {
    await signOut();
    leave();
  } catch (error) {
    showProblem(error);
  }
});
find('problem-retry').addEventListener('click', () => start());
find('banner-action').addEventListener('click', () => live?.reconnect());
watchSession((change) => { if (change === 'out') leave(); else start(); });

function arrive() {
  const token = takeLoginLink();
  if (token === null) return start();
  return enter(token, 'That login link has been used or has expired. Restart the server for a new one.');
}

window.addEventListener('hashchange', () => { if (location.hash.startsWith('#login=')) arrive(); });
setInterval(() => {
  drawConnection();
  if (live && !document.hidden) activity.draw();
}, 1_000);
arrive();
