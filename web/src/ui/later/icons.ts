/** The drawings of icons that no first view shows, as those of `../icon.tsx`. */
export const LATER = {
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8",
  signOut: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  ban: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM5.6 5.6l12.8 12.8",
  userPlus: "M10 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM3 20c0-4 3-6 7-6 2 0 3.8.5 5 1.5M19 14v6M16 17h6",
  select: "M4 4h16v16H4zM8 12l3 3 5-6",
  unread: "M4 6h16v12H4zM4 7l8 6 8-6",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4.2 4.2 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4.2 4.2 0 0 0 6 6l1-1",
  undo: "M4 8h10a6 6 0 0 1 0 12H9M8 4L4 8l4 4",
  play: "M8 5l11 7-11 7z",
  pause: "M8 5v14M16 5v14",
  place: "M12 21c-4-5-7-8-7-11a7 7 0 0 1 14 0c0 3-3 6-7 11zM12 8a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
  next: "M9 5l7 7-7 7",
  zoomIn: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5M8 11h6M11 8v6",
  zoomOut: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5M8 11h6",
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5 11a7 7 0 0 0 14 0M12 18v3",
  flag: "M6 21V4h13l-3 4 3 4H6",
} as const;
