export const app = {
  "app.name": "Parley",
  "info.preferences": "会话设置",
} as const;
