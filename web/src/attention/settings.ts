import { effect, signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";

const isTrue = (value: unknown) => (typeof value === "boolean" ? value : null);
const shows = stored("notify", isTrue);
const sounds = stored("sound", isTrue);

/** Whether notifications are shown while the page is open. */
export const showsNotifications = signal(shows.read() ?? false);
/** Whether a message makes a sound while the page is not looked at. */
export const playsSound = signal(sounds.read() ?? true);

effect(() => shows.write(showsNotifications.value));
effect(() => sounds.write(playsSound.value));
