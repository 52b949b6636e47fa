import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** How far a picture can be made larger. */
const MOST = 8;
/** One step of the buttons, the keys and a double click. */
const STEP = 1.5;

/** Where the picture is: its middle in px beside that of the screen, and its scale. */
interface Place {
  x: number;
  y: number;
  scale: number;
}

/** Makes a picture larger and smaller, and moves it: by wheel, two fingers, drag, double click and calls. */
export class Zoom {
  readonly #picture: HTMLElement;
  readonly #fingers = new Map<number, { x: number; y: number }>();
  #place: Place = { x: 0, y: 0, scale: 1 };

  constructor(picture: HTMLElement) {
    this.#picture = picture;
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
    box.addEventListener("pointerdown", (event) => this.#fingers.set(event.pointerId, middle(event)), {
      signal,
    });
    box.addEventListener("pointermove", (event) => this.#move(event.pointerId, middle(event)), { signal });
    for (const type of ["pointerup", "pointercancel", "pointerleave"] as const)
      box.addEventListener(type, ({ pointerId }) => this.#fingers.delete(pointerId), { signal });
    return () => ending.abort();
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
) {
  const zoom = useRef<Zoom>(undefined);
  useEffect(() => {
    if (!box.current || !picture.current) return;
    const made = new Zoom(picture.current);
    zoom.current = made;
    made.by(0);
    return made.listen(box.current);
  }, [box, picture, url]);
  return zoom;
}
