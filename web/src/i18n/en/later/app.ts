export const app = {
  "app.name": "Parley",
  "confirm.title": "Are you sure?",
  "confirm.yes": "Yes, go on",
  "info.preferences": "In your list",
} as const;
