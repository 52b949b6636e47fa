export const list = {
  "list.title": "Conversations",
  "list.empty": "No conversations yet. Begin one.",
  "list.new": "New conversation",
  "list.filter": "Filter conversations",
  "list.unread": { one: "{n} unread message", other: "{n} unread messages" },
  "list.mentioned": "You are mentioned",
  "list.muted": "Muted",
  "list.sticky": "Pinned to the top",
  "list.draft": "Draft: {text}",
  "list.you": "You: {text}",
  "list.typing": { one: "{names} is typing …", other: "{names} are typing …" },
} as const;
