import type { TargetedPointerEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** A finger that rests this long presses long, in ms. */
const LONG = 500;
/** It may move so far meanwhile, in px. */
const STILL = 10;

/** Where a finger has pressed, in px of the page. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Handlers that tell when a finger rests on an element. The click behind it does nothing. */
export function useLongPress(onPress: (at: Point) => void) {
  const press = useRef<{ at: Point; timer: ReturnType<typeof setTimeout> } | undefined>(undefined);
  const isDone = useRef(false);
  const end = () => {
    clearTimeout(press.current?.timer);
    press.current = undefined;
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
      const at = { x: event.clientX, y: event.clientY };
      const timer = setTimeout(() => {
        isDone.current = true;
        end();
        onPress(at);
      }, LONG);
      press.current = { at, timer };
    },
    onPointerMove: ({ clientX, clientY }: TargetedPointerEvent<HTMLElement>) => {
      const { at } = press.current ?? {};
      if (at && Math.hypot(clientX - at.x, clientY - at.y) > STILL) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
    onClickCapture: (event: Event) => {
      if (!isDone.current) return;
      isDone.current = false;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
