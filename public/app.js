// The page: signs in, chooses a workspace, and joins the stream module to the views.
//
// Reading order: session.js (who), realtime.js (the stream), then the views it feeds: connection-view.js,
// metrics-view.js, activity-view.js, events-view.js, types-view.js.

import { ActivityView } from './activity-view.js';
import { ConnectionView } from './connection-view.js';
import { EventsView } from './events-view.js';
import { MetricsView } from './metrics-view.js';
import { StreamPosition } from './position.js';
import { RealtimeAnalytics } from './realtime.js';
import { chosenWorkspace, rememberWorkspace, signIn, signOut, takeLoginLink, whoAmI } from './session.js';
import { eventsURL, request } from './transport.js';
import { TypesView } from './types-view.js';

/** Enough for the last minutes of a lively workspace. */
const BACKFILL = 500;

/** How far back names of people are looked for: a bounded part of the log, however long it is. */
const NAMES_WITHIN = 20_000;

const find = (id) => document.getElementById(id);

const connection = new ConnectionView({
  root: find('connection'), text: find('connection-text'), announcer: find('announcer'),
  freshness: find('freshness'), banner: find('banner'), bannerText: find('banner-text'),
  bannerAction: find('banner-action'), dashboard: find('view-dashboard'),
});
const metrics = new MetricsView(find('metrics'));
const types = new TypesView(find('types'), find('types-empty'), find('types-total'));
const activity = new ActivityView({ chart: find('tide'), line: find('tide-line'), area: find('tide-area'), rate: find('rate') });
const events = new EventsView({
  list: find('events'), empty: find('events-empty'), emptyText: find('events-empty-text'), pause: find('pause'),
  filters: find('filters'),
});

let live = null;

// MARK: Views

function show(view) {
  document.body.dataset.view = view;
  for (const section of document.querySelectorAll('.view')) section.hidden = section.id !== `view-${view}`;
  find('account').hidden = view !== 'dashboard' && view !== 'nowhere';
  find('connection').hidden = view !== 'dashboard' && view !== 'signedout';
}

function showSignedOut(message = null) {
  live?.close();
  live = null;
  find('switcher').hidden = true;
  find('signin-error').hidden = message === null;
  find('signin-error').textContent = message ?? '';
  connection.enter({ state: 'signedOut', delay: 0 });
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
  document.title = `${name} · Tideline`;
  find('title').textContent = name;
  metrics.clear();
  types.clear();
  events.clear();
  activity.clear();
  events.setEmptyText('Waiting for the first events…');
  show('dashboard');
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
    onConnect() {
      events.setEmptyText('Nothing has happened yet. New events appear here at once.');
      if (!hasNames) lookUpNames(live);
      hasNames = true;
    },
    onState(detail) {
      if (detail.state === 'signedOut') return showSignedOut('Your session has ended. Please sign in again.');
      connection.enter(detail);
      if (live) drawConnection();
    },
  });
  drawConnection();
}

/** Once the position is known: the names that people gave themselves before this page was opened. */
async function lookUpNames(stream) {
  const head = StreamPosition.parse(stream.lastEventId);
  if (!head) return;
  const after = `${head.epoch}-${Math.max(0, head.sequence - NAMES_WITHIN)}`;
  try {
    const { body } = await request(eventsURL(stream.workspace, { after, types: 'user.updated', limit: 1000 }));
    if (stream === live) events.learnNames(body?.events ?? []);
  } catch {
    // Without names the rows show ids; the figures are not affected.
  }
}

function drawConnection() {
  if (live) connection.draw(live.statsAt);
}

function fillSwitcher(workspaces, current) {
  const options = workspaces.map(({ id, slug }) => new Option(slug ?? id, id, false, id === current.id));
  find('workspaces').replaceChildren(...options);
  find('workspaces').onchange = ({ target }) => watch(workspaces.find(({ id }) => id === target.value));
  find('switcher').hidden = workspaces.length < 2;
}

// MARK: Start

async function start() {
  try {
    const me = await whoAmI();
    find('account-name').textContent = me.name || me.userId;
    const workspaces = me.workspaces ?? [];
    const current = chosenWorkspace(workspaces);
    if (!current) return show('nowhere');
    fillSwitcher(workspaces, current);
    watch(current);
  } catch (error) {
    if (error.status === 401) return showSignedOut();
    showProblem(error);
    if (error.isTransient) setTimeout(() => { if (document.body.dataset.view === 'problem') start(); }, 5_000);
  }
}

/** A new sign-in replaces the old session; when it fails, an older session still in place is used. */
async function enter(token, refusal) {
  try {
    await signIn(token);
  } catch (error) {
    if (error.status !== 401 && error.status !== 403) return showProblem(error);
    await start();
    if (!live) showSignedOut(refusal);
    return;
  }
  await start();
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
    showSignedOut();
  } catch (error) {
    showProblem(error);
  }
});
find('problem-retry').addEventListener('click', () => start());
find('banner-action').addEventListener('click', () => live?.reconnect());

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
