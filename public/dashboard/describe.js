// Says in words what an event is. Everything here ends up in text nodes, never in markup.

export const categories = [
  { name: 'message', label: 'Messages', matches: /^(message|mention|comment|reaction|conversation|file)\./ },
  { name: 'person', label: 'People', matches: /^(user|member)\./ },
  { name: 'task', label: 'Tasks', matches: /^task\./ },
  { name: 'agent', label: 'Agents', matches: /^orchestrator\./ },
  { name: 'other', label: 'Other', matches: /./ },
];

export function categoryOf(type) {
  return categories.find(({ matches }) => matches.test(type)).name;
}

/** The symbol in `icons.svg`. */
export function iconOf(type) {
  if (type.startsWith('reaction.')) return 'reaction';
  if (type.startsWith('conversation.')) return 'channel';
  if (type.startsWith('file.') || type === 'screenshot.captured' || type === 'ocr.completed') return 'file';
  return categoryOf(type);
}

const statuses = { in_progress: 'in progress', todo: 'to do', open: 'open', done: 'done', completed: 'completed' };
const quoted = (text) => `“${text}”`;
const channel = ({ channelId }) => (channelId ? ` in #${channelId}` : '');
const task = ({ title, taskId }) => (title ? quoted(title) : taskId ?? 'a task');
const kinds = { image: 'posted an image', file: 'shared a file', system: 'posted a notice' };

/** Each takes `(eventData, nameOf)` and gives what the actor did. */
const phrases = {
  'message.sent': (data) => `${kinds[data.messageType] ?? 'wrote'}${channel(data)}`,
  'message.edited': (data) => `edited a message${channel(data)}`,
  'message.deleted': (data) => `deleted a message${channel(data)}`,
  'message.read': (data) => `caught up${channel(data)}`,
  'reaction.added': (data) => `reacted ${data.emoji ?? ''}${channel(data)}`,
  'reaction.removed': (data) => `took back ${data.emoji ?? 'a reaction'}`,
  'comment.added': (data) => `commented${channel(data)}`,
  'mention.created': (data) => `mentioned someone${channel(data)}`,
  'file.uploaded': (data) => `uploaded ${data.file_name ?? 'a file'}`,
  'user.online': (data) => `came online${data.deviceId ? ` on ${data.deviceId}` : ''}`,
  'user.offline': (data) => `went offline${data.deviceId ? ` on ${data.deviceId}` : ''}`,
  'user.active': (data) => `is active${channel(data)}`,
  'user.action': (data) => (data.action ? `${String(data.action).replaceAll('_', ' ')}${channel(data)}` : 'did something'),
  'user.updated': () => 'updated their profile',
  'user.status_changed': () => 'changed their status',
  'workspace.created': () => 'created the workspace',
  'workspace.updated': () => 'changed the workspace',
  'member.added': (data, nameOf) => `added ${nameOf(data.userId)}`,
  'member.removed': (data, nameOf) => `removed ${nameOf(data.userId)}`,
  'conversation.created': (data) => `opened ${data.title ?? data.channelId ?? 'a conversation'}`,
  'conversation.joined': (data) => `joined #${data.channelId}`,
  'conversation.left': (data) => `left #${data.channelId}`,
  'orchestrator.started': () => 'started work',
  'orchestrator.heartbeat': () => 'is at work',
  'orchestrator.stopped': () => 'finished',
  'task.created': (data) => `created ${task(data)}`,
  'task.assigned': (data, nameOf) => `gave ${task(data)} to ${data.assignee ? nameOf(data.assignee) : 'someone'}`,
  'task.completed': (data) => `completed ${task(data)}`,
  'task.updated': (data) => `moved ${task(data)} to ${statuses[data.status] ?? data.status ?? 'a new state'}`,
};

/** `{who, what}` of an event; `nameOf` turns a user's id into the name to show. */
export function describe({ eventType, userId, eventData }, nameOf) {
  const data = eventData ?? {};
  const agent = eventType.startsWith('orchestrator.') ? data.orchestratorId : null;
  const phrase = phrases[eventType];
  const what = phrase ? phrase(data, nameOf) : eventType.replaceAll('_', ' ').replaceAll('.', ' · ');
  return { who: nameOf(agent ?? userId), what: String(what) };
}

const typeLabels = {
  'message.sent': 'Messages sent', 'message.read': 'Messages read', 'message.edited': 'Messages edited',
  'message.deleted': 'Messages deleted', 'reaction.added': 'Reactions', 'reaction.removed': 'Reactions removed',
  'file.uploaded': 'Files uploaded', 'user.online': 'Sign-ons', 'user.offline': 'Sign-offs', 'user.active': 'Activity',
  'user.action': 'Actions', 'task.created': 'Tasks created', 'task.updated': 'Tasks updated',
  'task.assigned': 'Tasks assigned', 'task.completed': 'Tasks completed', 'orchestrator.started': 'Agents started',
  'orchestrator.heartbeat': 'Agent heartbeats', 'orchestrator.stopped': 'Agents stopped', other: 'Other types',
};

export function typeLabel(type) {
  return typeLabels[type] ?? type;
}
