export const conversation = {
  "conversation.members": "{n} 位成员",
  "conversation.online": "在线",
  "conversation.messages": "消息",
  "conversation.loading": "加载中…",
  "conversation.beginning": "会话从这里开始。",
} as const;
