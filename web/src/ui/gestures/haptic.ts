/** How long a device shakes, in ms: as a key that is pressed. */
const SHAKE = 12;

/** Lets a device tell the finger that something begins, if it can, and if the user wants motion. */
export function haptic(): void {
  // Without a touch before, the browser refuses, and says so in its console.
  if (!("vibrate" in navigator) || !navigator.userActivation.hasBeenActive) return;
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) navigator.vibrate(SHAKE);
}
