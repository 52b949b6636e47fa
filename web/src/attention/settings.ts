import { effect, signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";

const isTrue = (value: unknown) => (typeof value === "boolean" ? value : null);
const shows = stored("notify", isTrue);
const sounds = stored("sound", isTrue);

/** Whether the user wants notifications. */
export const showsNotifications = signal(shows.read() ?? false);
/** Whether a message makes a sound while the page is not looked at. */
export const playsSound = signal(sounds.read() ?? true);

/**
 * Shows notifications from now on, if the browser lets it, or none.
 * @returns whether the browser has refused
 */
export async function showNotifications(wanted: boolean): Promise<boolean> {
  const isAllowed =
    wanted && "Notification" in window && (await Notification.requestPermission()) === "granted";
  showsNotifications.value = isAllowed;
  return wanted && !isAllowed;
}

/** Has this browser get no push any more, also if the server cannot be told. */
export async function unsubscribe(): Promise<void> {
  const worker = await navigator.serviceWorker?.getRegistration();
  const subscription = await worker?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
}

effect(() => shows.write(showsNotifications.value));
effect(() => sounds.write(playsSound.value));
