import type { TargetedPointerEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { haptic } from "./haptic.ts";

/** A finger that rests this long presses long, in ms. */
const LONG = 500;
/** It may move so far meanwhile, in px. */
const STILL = 10;

/** Where a finger has pressed, in px of the page. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Handlers that tell when a finger rests on an element. The click behind it does nothing, and the browser's
 * own menu stays closed.
 */
export function useLongPress(onPress: (at: Point) => void) {
  const press = useRef<{ at: Point; timer: ReturnType<typeof setTimeout> } | undefined>(undefined);
  const isDone = useRef(false);
  const end = () => {
    clearTimeout(press.current?.timer);
    press.current = undefined;
  };
  const rest = () => {
    const { at } = press.current ?? {};
    end();
    if (!at) return;
    isDone.current = true;
    haptic();
    onPress(at);
  };
  // An element that is removed is not pressed any more.
  useEffect(() => end, []);
  return {
    onPointerDown: (event: TargetedPointerEvent<HTMLElement>) => {
      end();
      isDone.current = false;
      if (event.pointerType === "mouse" || !event.isPrimary) return;
      // Of two elements the inner one is pressed.
      event.stopPropagation();
      press.current = { at: { x: event.clientX, y: event.clientY }, timer: setTimeout(rest, LONG) };
    },
    onPointerMove: ({ clientX, clientY }: TargetedPointerEvent<HTMLElement>) => {
      const { at } = press.current ?? {};
      if (at && Math.hypot(clientX - at.x, clientY - at.y) > STILL) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    // Android asks for the browser's menu once a finger rests, perhaps a little sooner.
    onContextMenu: (event: Event) => {
      if (!press.current && !isDone.current) return;
      event.preventDefault();
      rest();
    },
    onClickCapture: (event: Event) => {
      // What the page presses itself is not the finger's.
      if (!isDone.current || !event.isTrusted) return;
      isDone.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
