export const settings = {
  "settings.title": "设置",
  "settings.language": "语言",
  "settings.theme": "外观",
  "settings.theme.system": "跟随系统",
  "settings.theme.light": "浅色",
  "settings.theme.dark": "深色",
} as const;
