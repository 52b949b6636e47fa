import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** How far a picture can be made larger. */
const MOST = 8;
/** A finger that goes so far to the side, in px, wants the next picture. */
const SWIPE = 60;
/** One step of the buttons, the keys and a double click. */
const STEP = 1.5;

/** Where the picture is: its middle in px beside that of the screen, and its scale. */
interface Place {
  x: number;
  y: number;
  scale: number;
}

/**
 * Makes a picture larger and smaller, and moves it: by wheel, two fingers, drag, double click and calls. One
 * finger leads from a picture that is not larger to the next one.
 */
export class Zoom {
  readonly #picture: HTMLElement;
  readonly #fingers = new Map<number, { x: number; y: number }>();
  readonly #onSwipe: (by: 1 | -1) => void;
  #place: Place = { x: 0, y: 0, scale: 1 };
  /** where the only finger on the screen has begun */
  #begin: { x: number; y: number } | undefined;

  /** @param onSwipe a finger wants the next picture, by 1, or the one before */
  constructor(picture: HTMLElement, onSwipe: (by: 1 | -1) => void) {
    this.#picture = picture;
    this.#onSwipe = onSwipe;
  }

  get isLarge(): boolean {
    return this.#place.scale > 1;
  }

  /** @param factor by how much it is larger; 0: as large as at first */
  by(factor: number, at = { x: 0, y: 0 }): void {
    const { x, y, scale } = this.#place;
    const next = factor === 0 ? 1 : Math.min(MOST, Math.max(1, scale * factor));
    const ratio = next / scale;
    // What is below the pointer stays there.
    const moved = { x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio };
    this.#set(next === 1 ? { x: 0, y: 0, scale: 1 } : { ...moved, scale: next });
  }

  in(): void {
    this.by(STEP);
  }

  out(): void {
    this.by(1 / STEP);
  }

  /** Listens on what is around the picture. @returns ends it */
  listen(box: HTMLElement): () => void {
    const ending = new AbortController();
    const { signal } = ending;
    const middle = ({ clientX, clientY }: MouseEvent) => {
      const { left, top, width, height } = box.getBoundingClientRect();
      return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
    };
    box.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.by(Math.exp(-event.deltaY / 400), middle(event));
      },
      { signal, passive: false },
    );
    box.addEventListener("dblclick", (event) => this.by(this.isLarge ? 0 : STEP ** 2, middle(event)), {
      signal,
    });
    box.addEventListener(
      "pointerdown",
      (event) => {
        this.#fingers.set(event.pointerId, middle(event));
        const isFinger = event.pointerType !== "mouse" && this.#fingers.size === 1 && !this.isLarge;
        this.#begin = isFinger ? middle(event) : undefined;
      },
      { signal },
    );
    box.addEventListener(
      "pointermove",
      (event) => {
        this.#move(event.pointerId, middle(event));
        if (this.#begin) this.#shift(middle(event).x - this.#begin.x);
      },
      { signal },
    );
    for (const type of ["pointerup", "pointercancel", "pointerleave"] as const)
      box.addEventListener(
        type,
        (event) => {
          this.#fingers.delete(event.pointerId);
          this.#release(type === "pointerup" ? middle(event) : undefined);
        },
        { signal },
      );
    return () => ending.abort();
  }

  /** The finger that has begun alone is gone. @param to where; undefined: it was taken away */
  #release(to: { x: number; y: number } | undefined): void {
    const begin = this.#begin;
    this.#begin = undefined;
    if (!begin || this.isLarge) return;
    this.#shift(0);
    const [x, y] = to ? [to.x - begin.x, to.y - begin.y] : [0, 0];
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) this.#onSwipe(x < 0 ? 1 : -1);
  }

  /** The picture follows a finger to the side. */
  #shift(x: number): void {
    if (!this.isLarge) this.#picture.style.transform = x ? `translate(${x}px)` : "";
  }

  #move(id: number, to: { x: number; y: number }): void {
    const from = this.#fingers.get(id);
    if (!from) return;
    this.#fingers.set(id, to);
    const other = [...this.#fingers].find(([one]) => one !== id)?.[1];
    if (other) {
      const before = Math.hypot(from.x - other.x, from.y - other.y);
      const after = Math.hypot(to.x - other.x, to.y - other.y);
      if (before > 0) this.by(after / before, { x: (to.x + other.x) / 2, y: (to.y + other.y) / 2 });
    } else if (this.isLarge) {
      const { x, y, scale } = this.#place;
      this.#set({ x: x + to.x - from.x, y: y + to.y - from.y, scale });
    }
  }

  #set(place: Place): void {
    this.#place = place;
    this.#picture.style.transform = `translate(${place.x}px, ${place.y}px) scale(${place.scale})`;
    this.#picture.toggleAttribute("data-large", this.isLarge);
  }
}

/** The zoom of a picture, which begins anew with each picture. */
export function useZoom(
  box: RefObject<HTMLElement | null>,
  picture: RefObject<HTMLElement | null>,
  url: string,
  onSwipe: (by: 1 | -1) => void,
) {
  const swiped = useRef(onSwipe);
  swiped.current = onSwipe;
  const zoom = useRef<Zoom>(undefined);
  useEffect(() => {
    if (!box.current || !picture.current) return;
    const made = new Zoom(picture.current, (by) => swiped.current(by));
    zoom.current = made;
    made.by(0);
    return made.listen(box.current);
  }, [box, picture, url]);
  return zoom;
}
