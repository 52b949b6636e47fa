import { hasKeyboard } from "./keyboard.ts";

/** Whether things go to other apps by the sheet of the system, as on phones; elsewhere one copies. */
export function hasShareSheet(): boolean {
  return "share" in navigator && !hasKeyboard();
}

/** Opens the sheet of the system. Who closes it has shared nothing, and hears of nothing. */
export async function share(data: ShareData): Promise<void> {
  try {
    await navigator.share(data);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  }
}
