/** The drawings of icons of the first view: strokes on a field of 24 by 24. Others: `later/icons.ts`. */
const ICONS = {
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  send: "M4 12l16-8-5 16-3.5-6.5z",
  search: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5",
  more: "M5 11a1 1 0 1 0 0 2 1 1 0 1 0 0-2zM12 11a1 1 0 1 0 0 2 1 1 0 1 0 0-2zM19 11a1 1 0 1 0 0 2 1 1 0 1 0 0-2z",
  down: "M12 5v13M6 13l6 6 6-6",
  up: "M12 19V6M6 11l6-6 6 6",
  info: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v5M12 8h.01",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v5",
  check: "M5 13l4.5 4.5L19 7",
  people:
    "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M16 5.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2.2.8 3.5 2.7 3.5 5.5",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5l3.5 2",
  message: "M4 5h16v11H12l-5 4v-4H4z",
  forward: "M15 7l5 5-5 5M20 12h-9a7 7 0 0 0-7 7",
  thread: "M5 5h14v9H10l-5 4zM9 9.5h6",
  copy: "M9 9h11v11H9zM15 5V4H4v11h1",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  muted: "M5 9v6h4l5 4V5L9 9zM17 9l4 6M21 9l-4 6",
  smile: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM8 14c1 1.7 2.4 2.5 4 2.5s3-.8 4-2.5M9 9.5h.01M15 9.5h.01",
  reply: "M9 7l-5 5 5 5M4 12h9a7 7 0 0 1 7 7",
  edit: "M4 20l1-5L16.5 3.5l4 4L9 19zM14 6l4 4",
  file: "M6 3h8l4 4v14H6zM14 3v4h4",
} as const;

/** The name of an icon of the first view, or a drawing. */
export type IconName = keyof typeof ICONS | `M${string}`;

const DRAWINGS: Partial<Record<IconName, string>> = ICONS;

/** A drawing beside a label, or in a button that has one: screen readers pass it over. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={DRAWINGS[name] ?? name} />
    </svg>
  );
}
