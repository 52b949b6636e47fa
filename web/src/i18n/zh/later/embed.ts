export const embed = {
  "embed.thread": "在话题中回复",
  "embed.noConversations": "还没有会话。",
  "embed.choose": "请选择一个会话。",
} as const;
