export const conversation = {
  "conversation.members": { one: "{n} member", other: "{n} members" },
  "conversation.online": "online",
  "conversation.messages": "Messages",
  "conversation.loading": "Loading …",
  "conversation.beginning": "This is the beginning of the conversation.",
} as const;
