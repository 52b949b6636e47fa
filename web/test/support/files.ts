import type { Locator } from "playwright-core";

/** A file of a user. */
export interface TestFile {
  name: string;
  /** in bytes, each of which is a small letter; absent: the file has its name in it */
  size?: number;
}

/** Brings files to a field, or to the view that it stands in, as a paste or a drop does. */
export async function bring(field: Locator, how: "drop" | "paste", files: TestFile[]): Promise<void> {
  await field.evaluate(
    (area, [event, all]) => {
      const data = new DataTransfer();
      for (const { name, size } of all) {
        const bytes = new Uint8Array(size ?? 0).map((_, i) => 97 + (i % 26));
        data.items.add(new File([size === undefined ? name : bytes], name, { type: "text/plain" }));
      }
      const options = { bubbles: true, cancelable: true };
      const view = area.closest("form")?.parentElement ?? area;
      if (event === "paste")
        area.dispatchEvent(new ClipboardEvent("paste", { ...options, clipboardData: data }));
      else
        for (const type of ["dragenter", "dragover", "drop"])
          view.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: data }));
    },
    [how, files] as const,
  );
}
