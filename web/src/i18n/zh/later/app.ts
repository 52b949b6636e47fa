export const app = {
  "app.name": "Parley",
  "confirm.title": "确认操作",
  "confirm.yes": "确定",
  "info.preferences": "会话设置",
} as const;
