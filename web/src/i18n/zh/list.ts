export const list = {
  "list.title": "会话",
  "list.empty": "还没有会话，新建一个吧。",
  "list.new": "新建会话",
  "list.filter": "筛选会话",
  "list.unread": "{n} 条未读消息",
  "list.mentioned": "有人提到你",
  "list.muted": "已静音",
  "list.sticky": "已置顶",
  "list.draft": "草稿：{text}",
  "list.you": "我：{text}",
  "list.typing": "{names}正在输入…",
} as const;
