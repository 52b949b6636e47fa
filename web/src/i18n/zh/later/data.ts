export const data = {
  "data.title": "我的数据",
  "data.copy": "数据副本",
  "data.exportHint":
    "一个 ZIP 文件，包含此服务器上与你有关的内容：资料、好友、你发送的消息，以及文件的链接。",
  "data.export": "导出我的数据",
  "data.cancel": "取消导出",
  "data.exporting": "正在收集你的数据…",
  "data.received": "已接收 {size}",
  "data.saved": "已保存 {name}（{size}）。",
  "data.tooOften": "近期导出次数已达上限，{at} 之后可再次导出。",
  "deletion.title": "注销账号",
  "deletion.end": "注销账号",
  "deletion.endHint": "你的个人资料会永久删除，你可以选择是否一并删除消息。",
  "deletion.what":
    "你的资料、好友、草稿和收藏都会被删除，所有设备都会退出登录，用户名今后也无法再使用。此操作无法恢复。",
  "deletion.owned": "你是以下群的群主。注销前请逐一转让或解散：",
  "deletion.messages": "你的消息",
  "deletion.keep": "保留",
  "deletion.keepHint": "其他人仍可看到，但发送者显示为已注销的用户，没有你的名字。",
  "deletion.erase": "清除",
  "deletion.eraseHint": "你在所有会话中写下和发送的内容会在几分钟内消失。别人转发出去的内容会保留。",
  "deletion.exportFirst":
    "要留一份副本吗？注销后就无法再导出。文件只以链接形式包含在内，注销后可能失效，需要的请另行保存。",
  "deletion.proof": "为确认是你本人在操作，请重新登录一次。",
  "deletion.signInAgain": "重新登录",
  "deletion.sure": "我确定要永久注销账号。",
  "deletion.forever": "永久注销",
} as const;
