import { go, type Route, route } from "../../state/router.ts";
import { BEGINS, isTaken, lineDirection, STILL } from "./finger.ts";
import { swipeToAnswer } from "./swipe-answer.tsx";
import { takeTypedFiles } from "./typed-files.ts";

/** The list is wanted behind this part of the width, or when the finger leaves faster, in px per ms. */
const WANTED = { part: 0.4, speed: 0.5 };
/** What comes to its place after the finger has left does so in this time, in ms. */
const SETTLING = 180;
/** The width of a page that shows the list or a conversation, as in styles/shell.css. */
const NARROW = "(width < 48rem)";
interface Swipe {
  readonly pointer: number;
  readonly x: number;
  readonly y: number;
  /** 1: lines run to the right, so the conversation goes there, too; -1: to the left */
  readonly direction: 1 | -1;
  /** how far the finger has gone the way of the lines, in px */
  way: number;
  /** in px per ms */
  speed: number;
  /** when it has moved last, in ms */
  at: number;
  /** whether the conversation follows it */
  isFollowed: boolean;
}

/**
 * Lets a finger pull a conversation aside, to the list beneath. A finger that goes up or down scrolls, which
 * the browser tells by a `pointercancel`.
 * @param shell has the list, and what is shown in its place
 */
export function swipeBack(shell: HTMLElement): void {
  const content = shell.querySelector("main");
  let swipe: Swipe | undefined;
  let isSettling = false;
  if (!content) return;
  swipeToAnswer(content);
  takeTypedFiles(content);

  const follow = ({ pointer, way, direction }: Swipe) => {
    if (!shell.dataset.swiping) content.setPointerCapture(pointer);
    shell.dataset.swiping = "true";
    content.style.transform = `translateX(${direction * Math.max(0, way)}px)`;
  };
  const settle = async ({ way, direction, speed }: Swipe, isCancelled: boolean) => {
    const width = content.offsetWidth;
    const isWanted = !isCancelled && (way > width * WANTED.part ? speed >= 0 : speed > WANTED.speed);
    const duration = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : SETTLING;
    const transform = `translateX(${isWanted ? direction * width : 0}px)`;
    isSettling = true;
    await content.animate({ transform }, { duration, easing: "ease-out", fill: "forwards" }).finished;
    for (const animation of content.getAnimations()) animation.cancel();
    content.style.transform = "";
    delete shell.dataset.swiping;
    isSettling = false;
    if (isWanted && isAlone(route.peek())) go({ view: "home" });
  };
  const end = (isCancelled: boolean) => {
    const ended = swipe;
    swipe = undefined;
    if (ended?.isFollowed) void settle(ended, isCancelled);
  };

  const options = { capture: true };
  shell.addEventListener(
    "pointerdown",
    (event) => {
      // A second finger wants something else.
      if (swipe) end(true);
      else if (!isSettling && isAlone(route.peek())) swipe = begun(event);
    },
    options,
  );
  shell.addEventListener(
    "pointermove",
    ({ pointerId, clientX, clientY, timeStamp }) => {
      if (!swipe || pointerId !== swipe.pointer) return;
      const way = (clientX - swipe.x) * swipe.direction;
      const aside = Math.abs(clientY - swipe.y);
      if (!swipe.isFollowed && Math.hypot(way, aside) <= STILL) return;
      if (!swipe.isFollowed && way <= aside) {
        swipe = undefined;
        return;
      }
      const speed = (way - swipe.way) / Math.max(1, timeStamp - swipe.at);
      Object.assign(swipe, { way, speed, at: timeStamp, isFollowed: true });
      follow(swipe);
    },
    options,
  );
  shell.addEventListener("pointerup", ({ pointerId }) => pointerId === swipe?.pointer && end(false), options);
  shell.addEventListener(
    "pointercancel",
    ({ pointerId }) => pointerId === swipe?.pointer && end(true),
    options,
  );
}

/** Whether a conversation has the page for itself: beneath it is the list. */
function isAlone(now: Route): boolean {
  return now.view === "conversation" && !now.panel && !now.thread && matchMedia(NARROW).matches;
}

/** The swipe that a finger may have begun. */
function begun(event: PointerEvent): Swipe | undefined {
  const { pointerId: pointer, clientX: x, clientY: y, timeStamp: at } = event;
  if (isTaken(event)) return undefined;
  const direction = lineDirection();
  const from = direction === 1 ? x : innerWidth - x;
  if (from < BEGINS.from || from > BEGINS.to) return undefined;
  return { pointer, x, y, direction, way: 0, speed: 0, at, isFollowed: false };
}
