import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { blocksOf, moved, type Row } from "./order.ts";

interface Props {
  title: string;
  /** what the list has */
  label: string;
  /** the rows as they stand by now */
  stored: readonly Row[];
  nameOf: (row: Row) => string;
  /** what stands before the name of a row that is no category */
  sign?: string;
  /** said once others have changed the rows meanwhile */
  changed: string;
  /** Stores an order. @returns whether it holds: if not, the rows are loaded anew */
  store: (rows: readonly Row[]) => Promise<boolean>;
  onClose: () => void;
}

/** Puts rows into an order, and into categories: by a pointer, a finger or arrow keys. */
export function OrderDialog({ title, label, stored, nameOf, sign, changed, store, onClose }: Props) {
  /** null: nothing was moved, so that what comes meanwhile is shown */
  const [arranged, setRows] = useState<readonly Row[] | null>(null);
  const rows = arranged ?? stored;
  const [held, setHeld] = useState<Row | null>(null);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const hint = useId();

  /** the row that was moved by a key: its button may have lost the focus, as it stands elsewhere */
  const moving = useRef<Row>(undefined);
  useLayoutEffect(() => {
    const { current } = list;
    const row = held ?? moving.current;
    if (!current || !row) return;
    const at = rows.indexOf(row);
    for (const near of [at - 1, at + 1, at]) current.children[near]?.scrollIntoView({ block: "nearest" });
    if (moving.current) current.children[at]?.querySelector("button")?.focus();
    moving.current = undefined;
  }, [rows]);

  const move = (row: Row, by: 1 | -1) => {
    const next = moved(rows, row, by);
    if (next === rows) return;
    setRows(next);
    const category = blocksOf(next).find((block) => block.includes(row))?.[0];
    const name = nameOf(row);
    const place = { n: next.indexOf(row) + 1, of: next.length };
    setSaid(
      category?.isCategory && category !== row
        ? t("order.placeIn", { name, ...place, category: nameOf(category) })
        : t("order.place", { name, ...place }),
    );
  };
  /** Moves what is held once it would lie under the pointer. @param y in px of the window */
  const drag = (y: number) => {
    const boxes = [...(list.current?.children ?? [])].map((row) => row.getBoundingClientRect());
    if (!held) return;
    const units = held.isCategory ? blocksOf(rows).slice(1) : rows.map((row) => [row]);
    const edges = (unit: readonly Row[] | undefined) => {
      const [first, last] = [unit?.[0], unit?.at(-1)];
      if (!first || !last) return undefined;
      return { top: boxes[rows.indexOf(first)]?.top ?? 0, bottom: boxes[rows.indexOf(last)]?.bottom ?? 0 };
    };
    const at = units.findIndex(([first]) => first === held);
    const [before, own, after] = [edges(units[at - 1]), edges(units[at]), edges(units[at + 1])];
    const height = own ? own.bottom - own.top : 0;
    if (after && y > after.bottom - height) move(held, 1);
    else if (before && y < before.top + height) move(held, -1);
  };

  const save = useAction(async () => {
    if (await store(rows)) return onClose();
    setRows(null);
    setSaid(changed);
  });
  const release = () => setHeld(null);
  return (
    <Dialog title={title} onClose={onClose}>
      <p id={hint}>{t("order.hint")}</p>
      <ul
        ref={list}
        class="order"
        data-held={held !== null}
        aria-label={label}
        onPointerMove={({ clientY }) => drag(clientY)}
        onPointerUp={release}
        onPointerCancel={release}
        onLostPointerCapture={({ target }) => {
          // A finger is kept by the button that it touches, until the list keeps it.
          if (target === list.current) release();
        }}
      >
        {rows.map((row) => (
          <li
            key={`${row.isCategory} ${row.id}`}
            class="order-row"
            data-category={row.isCategory}
            data-held={row === held}
          >
            <button
              type="button"
              class="icon-button"
              aria-label={t("order.move", { name: nameOf(row) })}
              aria-describedby={hint}
              // A finger that drags flings nothing: the browser would take the next tap for what stops it.
              onTouchStart={(event) => event.preventDefault()}
              onPointerDown={(event) => {
                if (event.button !== 0) return;
                // The list keeps the pointer, as the row is taken out of it for a moment when it moves.
                list.current?.setPointerCapture(event.pointerId);
                setHeld(row);
              }}
              onKeyDown={(event) => {
                const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" && 1;
                if (!by) return;
                event.preventDefault();
                moving.current = row;
                move(row, by);
              }}
            >
              <Icon name={LATER.grip} />
            </button>
            {sign && !row.isCategory && <span aria-hidden="true">{sign}</span>}
            <bdi>{nameOf(row)}</bdi>
          </li>
        ))}
      </ul>
      <p class="visually-hidden" role="status">
        {said}
      </p>
      {said === changed && <p>{said}</p>}
      <ProblemText text={save.problem} />
      <button
        class="primary"
        type="button"
        disabled={save.isBusy || !arranged}
        onClick={() => void save.run()}
      >
        {t("profile.save")}
      </button>
    </Dialog>
  );
}
