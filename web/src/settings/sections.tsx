import type { ComponentType } from "preact";
import type { Key } from "../i18n/catalog.ts";
import { Bots } from "./bots/bots.tsx";
import { OwnData } from "./data/own-data.tsx";
import { Appearance } from "./look/appearance.tsx";
import { NotificationSettings } from "./notify/notifications.tsx";
import { Privacy } from "./privacy.tsx";
import { ProfileForm } from "./profile-form.tsx";
import { Security } from "./security.tsx";

/** A part of the settings. */
interface Section {
  /** its address behind `#/settings/` */
  readonly place: string;
  readonly title: Key;
  /** strokes on a field of 24 by 24 */
  readonly icon: string;
  readonly View: ComponentType;
}

const PROFILE: Section = {
  place: "profile",
  title: "profile.title",
  icon: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20.5c0-4 3.5-6.5 8-6.5s8 2.5 8 6.5",
  View: ProfileForm,
};

/** The parts of the settings, in the order in which they are offered. */
export const SECTIONS: readonly Section[] = [
  PROFILE,
  {
    place: "privacy",
    title: "settings.privacy",
    icon: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    View: Privacy,
  },
  {
    place: "notifications",
    title: "notify.title",
    icon: "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
    View: NotificationSettings,
  },
  {
    place: "appearance",
    title: "settings.appearance",
    icon: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 3v18M12 8l5-2.5M12 13l8-3.5M12 18l7.5-3",
    View: Appearance,
  },
  {
    place: "security",
    title: "security.title",
    icon: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2.5 2.5 4-4",
    View: Security,
  },
  {
    place: "bots",
    title: "bots.title",
    icon: "M5 9h14v10H5zM12 9V5M9.5 13.5h.01M14.5 13.5h.01M2.5 13v3M21.5 13v3",
    View: Bots,
  },
  { place: "data", title: "data.title", icon: "M12 4v11M7 11l5 5 5-5M5 20h14", View: OwnData },
];

/** The part at an address, the profile at that of the settings; undefined: there is none. */
export function sectionAt(place: string): Section | undefined {
  return place === "" ? PROFILE : SECTIONS.find((one) => one.place === place);
}
