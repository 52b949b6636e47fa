import type { Locator } from "playwright-core";

/** A picture of one pixel. */
export const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** A file of a user. */
export interface TestFile {
  name: string;
  /** in bytes, each of which is a small letter; absent: the file has its name in it */
  size?: number;
}

const EVENT = { bubbles: true, cancelable: true };

/** Waits until the view that a field stands in takes files that are dropped: its code is loaded later. */
export async function takesDrops(field: Locator): Promise<void> {
  await field.evaluate(async (area) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([], "any.txt"));
    const view = area.closest("form")?.parentElement ?? area;
    // It does not bubble: the page around the view refuses what is dropped beside it.
    while (view.dispatchEvent(new DragEvent("dragover", { cancelable: true, dataTransfer })))
      await new Promise(requestAnimationFrame);
  });
}

/**
 * Brings files to a field, or to the view that it stands in, as a paste or a drop does.
 * @param how `dragged`: a drop without waiting for a view that takes it
 * @param text what is copied with them
 */
export async function bring(
  field: Locator,
  how: "drop" | "dragged" | "paste",
  files: TestFile[],
  text?: string,
): Promise<void> {
  if (how === "drop") await takesDrops(field);
  await field.evaluate(
    (area, [event, all, options, words]) => {
      const data = new DataTransfer();
      for (const { name, size } of all) {
        const bytes = new Uint8Array(size ?? 0).map((_, i) => 97 + (i % 26));
        data.items.add(new File([size === undefined ? name : bytes], name, { type: "text/plain" }));
      }
      if (words !== undefined) data.setData("text/plain", words);
      const view = area.closest("form")?.parentElement ?? area;
      if (event === "paste")
        area.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
      else
        for (const type of ["dragenter", "dragover", "drop"])
          view.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: data }));
    },
    [how, files, EVENT, text] as const,
  );
}
