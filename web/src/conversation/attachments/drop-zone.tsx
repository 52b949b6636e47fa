import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { toast } from "../../ui/toasts.tsx";

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
    /** what is dragged from the page itself: a browser has the file of a picture for it */
    let dragged: EventTarget | null = null;
    const show = (now: number) => {
      depth = now;
      setOver(depth > 0);
    };
    const ending = new AbortController();
    const listen = (type: "dragenter" | "dragover" | "dragleave" | "drop", on: (event: DragEvent) => void) =>
      zone.addEventListener(
        type,
        (event) => {
          const isOwn = dragged instanceof Node && dragged.isConnected;
          if (isOwn || !event.dataTransfer?.types.includes("Files")) return;
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
      take.current(filesOf(dataTransfer));
    });
    const { signal } = ending;
    const note = ({ type, target }: DragEvent) => {
      dragged = type === "dragstart" ? target : null;
    };
    for (const type of ["dragstart", "dragend"] as const) addEventListener(type, note, { signal });
    return () => ending.abort();
  }, [form]);
  return isOver ? <p class="drop-zone">{t("attach.drop")}</p> : null;
}

/** The files that are dropped. Folders are none, and cannot be read as if they were. */
function filesOf(data: DataTransfer | null): File[] {
  return [...(data?.items ?? [])].flatMap((item) => {
    const file = item.getAsFile();
    if (!file) return [];
    if (!item.webkitGetAsEntry()?.isDirectory) return [file];
    toast(t("attach.empty", { name: file.name }));
    return [];
  });
}
