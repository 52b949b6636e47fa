export const requests = {
  "requests.title": "消息请求",
  "requests.one": "消息请求",
  "requests.open": "{n}{more} 条消息请求",
  "requests.none": "没有待处理的请求。",
  "requests.who": "选择谁需要先征得你的同意",
  "requests.direct": "想给你发消息",
  "requests.group": "{name}想邀请你加入此群",
  "requests.hint": "在你接受之前，对方不知道你是否已读，也看不到你是否在线。",
  "requests.messages": "对方发来的消息",
  "requests.ignore": "忽略",
  "requests.ignored": "该请求不再显示。",
  "requests.reportQuestion": "管理员会看到请求者及其最近的消息，该请求不再显示。",
} as const;
