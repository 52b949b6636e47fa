import { render } from "preact";
import { selection } from "../../message/actions/selection.ts";
import { haptic } from "../../ui/gestures/haptic.ts";
import { Icon } from "../../ui/icon.tsx";
import { BEGINS, isTaken, lineDirection, STILL } from "./finger.ts";

/** So far a message is pulled until it is answered when the finger leaves, and so far at most, in px. */
const WAY = { answers: 56, most: 84 };
/** What follows a finger no more comes back in this time, in ms. */
const SETTLING = 180;

interface Pull {
  readonly pointer: number;
  readonly x: number;
  readonly y: number;
  /** 1: the finger goes to the left, against the lines; -1: to the right */
  readonly direction: 1 | -1;
  readonly row: HTMLElement;
  /** what follows the finger */
  readonly body: HTMLElement;
  /** how far the finger has gone against the lines, in px */
  way: number;
  /** the sign of what comes; undefined: the finger has not decided yet */
  mark: HTMLElement | undefined;
}

/**
 * Lets a finger pull a message against its lines, to answer it. The other way is for the way back. A finger
 * that goes up or down scrolls, which the browser tells by a `pointercancel`.
 * @param content has the messages
 */
export function swipeToAnswer(content: HTMLElement): void {
  let pull: Pull | undefined;

  const follow = (now: Pull) => {
    const { row, body, way, direction } = now;
    now.mark ??= begin(now);
    const wasArmed = now.mark.dataset.armed === "true";
    const isArmed = way >= WAY.answers;
    now.mark.dataset.armed = String(isArmed);
    if (isArmed && !wasArmed) haptic();
    // What is pulled beyond the point follows slowly.
    const beyond = Math.max(0, way - WAY.answers) / 3;
    const shown = Math.min(WAY.most, Math.min(way, WAY.answers) + beyond);
    body.style.transform = `translateX(${-direction * shown}px)`;
    now.mark.style.opacity = String(Math.min(1, way / WAY.answers));
    row.dataset.pulled = "true";
  };
  const begin = ({ row, pointer }: Pull) => {
    content.setPointerCapture(pointer);
    const mark = document.createElement("span");
    mark.className = "answer-mark";
    mark.ariaHidden = "true";
    render(<Icon name="reply" />, mark);
    const { top, height } = row.getBoundingClientRect();
    mark.style.top = `${top + height / 2}px`;
    content.append(mark);
    return mark;
  };
  const end = async (isCancelled: boolean) => {
    const ended = pull;
    pull = undefined;
    if (!ended?.mark) return;
    const { row, body, mark } = ended;
    mark.remove();
    const from = body.style.transform;
    body.style.transform = "";
    delete row.dataset.pulled;
    // What a key of the row does: it knows whether the message can be answered.
    if (!isCancelled && mark.dataset.armed === "true")
      row.dispatchEvent(new KeyboardEvent("keydown", { key: "r", bubbles: true, cancelable: true }));
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : SETTLING;
    body.animate([{ transform: from }, { transform: "none" }], { duration, easing: "ease-out" });
  };

  const options = { capture: true };
  content.addEventListener(
    "pointerdown",
    (event) => {
      // A second finger wants something else.
      if (pull) void end(true);
      else pull = begun(event);
    },
    options,
  );
  content.addEventListener(
    "pointermove",
    ({ pointerId, clientX, clientY }) => {
      if (pointerId !== pull?.pointer) return;
      const way = (pull.x - clientX) * pull.direction;
      const aside = Math.abs(clientY - pull.y);
      if (!pull.mark && Math.hypot(way, aside) <= STILL) return;
      // Once it follows, it follows: a thumb moves along an arc.
      if (!pull.mark && way <= aside) {
        pull = undefined;
        return;
      }
      pull.way = Math.max(0, way);
      follow(pull);
    },
    options,
  );
  for (const type of ["pointerup", "pointercancel"] as const)
    content.addEventListener(
      type,
      ({ pointerId }) => pointerId === pull?.pointer && void end(type === "pointercancel"),
      options,
    );
}

/** The pull that a finger may have begun. */
function begun(event: PointerEvent): Pull | undefined {
  const { pointerId: pointer, clientX: x, clientY: y, target } = event;
  if (selection.peek() || isTaken(event) || !(target instanceof Element)) return undefined;
  const row = target.closest<HTMLElement>("li.message[data-seq]");
  const body = row?.querySelector<HTMLElement>(".bubble-side");
  if (!row || !body || body.querySelector("[data-kind=revoked]")) return undefined;
  // Where nobody may write there is no field.
  if (!row.closest(".conversation, .panel")?.querySelector("form.composer")) return undefined;
  const direction = lineDirection();
  // The far edge is for the gestures of systems, too.
  const from = direction === 1 ? innerWidth - x : x;
  return from < BEGINS.from ? undefined : { pointer, x, y, direction, row, body, way: 0, mark: undefined };
}
