import { useId, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { place } from "../../ui/place.ts";
import { Readers } from "./readers.tsx";
import type { Receipt } from "./receipts.ts";

interface Props {
  /** who has read the message, the last one first */
  readers: readonly (Receipt & { user: number })[];
  /** who has not */
  others: readonly number[];
}

/** How many members of a group have read a message, and who. */
export function ReadBy({ readers, others }: Props) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const move = () => {
    if (popover.current && button.current) place(popover.current, button.current.getBoundingClientRect());
  };
  const of = readers.length + others.length;
  return (
    <>
      <button ref={button} type="button" popovertarget={id} aria-haspopup="dialog" aria-expanded={isOpen}>
        {readers.length > 0 ? t("reads.readBy", { n: readers.length, of }) : t("reads.sent")}
      </button>
      <div
        ref={popover}
        id={id}
        class="menu readers"
        popover="auto"
        role="dialog"
        aria-label={t("reads.title")}
        onToggle={({ newState }) => {
          setOpen(newState === "open");
          if (newState === "open") move();
        }}
      >
        {isOpen && <Readers readers={readers} others={others} onShown={move} />}
      </div>
    </>
  );
}
