export const app = {
  "app.name": "Parley",
  "info.preferences": "In your list",
} as const;
