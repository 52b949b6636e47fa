import { go, type Route, route } from "../state/router.ts";

/**
 * A swipe begins so far from the edge where lines begin, in px of the page. What is nearer to the edge is
 * for the gestures of browsers and systems, which a page cannot keep from acting.
 */
const BEGINS = { from: 24, to: 120 };
/** A finger that has moved further, in px, swipes or scrolls. A long press ends there, too. */
const STILL = 10;
/** The list is wanted behind this part of the width, or when the finger leaves faster, in px per ms. */
const WANTED = { part: 0.4, speed: 0.5 };
/** What comes to its place after the finger has left does so in this time, in ms. */
const SETTLING = 180;
/** The width of a page that shows the list or a conversation, as in styles/shell.css. */
const NARROW = "(width < 48rem)";
/** What has a use of its own for a finger that moves to the side. */
const OTHERS = "input, textarea, select, video, dialog, [popover]";

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
  const { pointerId: pointer, pointerType, clientX: x, clientY: y, target, timeStamp: at } = event;
  if (pointerType !== "touch" || !(target instanceof Element) || target.closest(OTHERS)) return undefined;
  if ((visualViewport?.scale ?? 1) > 1 || isWide(target)) return undefined;
  const direction = getComputedStyle(document.documentElement).direction === "rtl" ? -1 : 1;
  const from = direction === 1 ? x : innerWidth - x;
  if (from < BEGINS.from || from > BEGINS.to) return undefined;
  return { pointer, x, y, direction, way: 0, speed: 0, at, isFollowed: false };
}

/** Whether something can be scrolled to the side there, as a table or lines of code. */
function isWide(target: Element): boolean {
  for (let one: Element | null = target; one; one = one.parentElement)
    if (one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX))
      return true;
  return false;
}
