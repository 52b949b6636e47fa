export const embed = {
  "embed.thread": "Reply in thread",
  "embed.noConversations": "No conversations yet.",
  "embed.choose": "Choose a conversation.",
} as const;
