export const timeline = {
  "timeline.gone": "这条消息已不存在。",
  "timeline.date": "日期",
  "timeline.goToDate": "查看这一天",
  "reads.by": "{n} 人已读",
  "reads.notBy": "{n} 人未读",
  "find.searching": "正在搜索…",
  "pins.none": "这里还没有置顶消息。",
} as const;
