import { Problem } from "parley-client";
import { useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { adopt, categoriesOf, channelsOf, loadChannels } from "../state.ts";
import { blocksOf, moved, orderOf, type Row, rowsOf } from "./order.ts";

interface Props {
  /** the id of the space */
  space: number;
  onClose: () => void;
}

/** Puts the channels of a space into an order and into categories: by a pointer, a finger or arrow keys. */
export function OrderDialog({ space, onClose }: Props) {
  const { chat } = useAccount();
  const [channels, categories] = [channelsOf(space), categoriesOf(space)];
  const stored = useMemo(() => rowsOf({ items: channels ?? [], categories }), [channels, categories]);
  /** null: nothing was moved, so that what comes meanwhile is shown */
  const [arranged, setRows] = useState<readonly Row[] | null>(null);
  const rows = arranged ?? stored;
  const [held, setHeld] = useState<Row | null>(null);
  const [said, setSaid] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const hint = useId();
  const nameOf = ({ isCategory, id }: Row) =>
    (isCategory ? categories : channels)?.find((one) => one.id === id)?.name ?? "";

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
    const path = { id: space };
    try {
      adopt(space, await chat.api.call("put", "/v1/spaces/{id}/order", { path, body: orderOf(rows) }));
      onClose();
    } catch (error) {
      if (!(error instanceof Problem && error.code === "conflict")) throw error;
      await loadChannels(chat, space);
      setRows(null);
      setSaid(t("order.changed"));
    }
  });
  const release = () => setHeld(null);
  return (
    <Dialog title={t("order.title")} onClose={onClose}>
      <p id={hint}>{t("order.hint")}</p>
      <ul
        ref={list}
        class="order"
        data-held={held !== null}
        aria-label={t("spaces.channels")}
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
            {!row.isCategory && <span aria-hidden="true">#</span>}
            <bdi>{nameOf(row)}</bdi>
          </li>
        ))}
      </ul>
      <p class="visually-hidden" role="status">
        {said}
      </p>
      {said === t("order.changed") && <p>{said}</p>}
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
