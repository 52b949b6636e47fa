import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";

interface Props {
  /** the form of the field. Files may be dropped on the whole view that it stands in */
  form: RefObject<HTMLFormElement | null>;
  onFiles: (files: readonly File[]) => void;
}

/** Takes the files that are dropped on a conversation, and says so while they are above it. */
export function DropZone({ form, onFiles }: Props) {
  const [isOver, setOver] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    const zone = form.current?.parentElement;
    if (!zone) return;
    /** each element below the pointer is entered before the last one is left */
    let depth = 0;
    const show = (now: number) => {
      depth = now;
      setOver(depth > 0);
    };
    const ending = new AbortController();
    const listen = (type: "dragenter" | "dragover" | "dragleave" | "drop", on: (event: DragEvent) => void) =>
      zone.addEventListener(
        type,
        (event) => {
          if (!event.dataTransfer?.types.includes("Files")) return;
          event.preventDefault();
          on(event);
        },
        { signal: ending.signal },
      );
    listen("dragenter", () => show(depth + 1));
    listen("dragover", () => {});
    listen("dragleave", () => show(depth - 1));
    listen("drop", ({ dataTransfer }) => {
      show(0);
      take.current([...(dataTransfer?.files ?? [])]);
    });
    return () => ending.abort();
  }, [form]);
  return isOver ? <p class="drop-zone">{t("attach.drop")}</p> : null;
}
