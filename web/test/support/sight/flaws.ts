import type { Page } from "playwright-core";

/** What a view shows that cannot be read, reached or told apart, a line each. */
export function flaws(page: Page): Promise<string[]> {
  return page.evaluate(seen);
}

/** What of a view has the focus by the keyboard, and does not show it. It moves the focus. */
export function hiddenFocus(page: Page): Promise<string[]> {
  return page.evaluate(unmarked);
}

/** Runs in the page. */
function seen(): string[] {
  /**
   * The least size of what is clicked, and of text, in px:
   * https://www.w3.org/TR/WCAG22/#target-size-minimum
   */
  const LEAST = { target: 24, text: 12 };
  /** So much, in px, is a matter of rounding. */
  const SLACK = 1.5;
  const TARGETS =
    "a[href], button, input, select, textarea, summary, label, [role=button], [role=option], [tabindex='0']";
  type Box = { left: number; top: number; right: number; bottom: number };
  type Rgb = [red: number, green: number, blue: number, alpha: number];

  /** The page, and what its elements of their own have inside. */
  const roots: (Document | ShadowRoot)[] = [document];
  for (const root of roots)
    for (const { shadowRoot } of root.querySelectorAll("*")) if (shadowRoot) roots.push(shadowRoot);
  const queryAll = <Kind extends Element>(selector: string) =>
    roots.flatMap((root) => [...root.querySelectorAll<Kind>(selector)]);
  const parentOf = (one: Element): Element | null => {
    const root = one.parentElement ? null : one.getRootNode();
    return root instanceof ShadowRoot ? root.host : one.parentElement;
  };
  /** What is at a point, the uppermost first. */
  const stackAt = (x: number, y: number): Element[] =>
    document.elementsFromPoint(x, y).flatMap(function inside(one): Element[] {
      const within = one.shadowRoot?.elementsFromPoint(x, y) ?? [];
      return [...within.filter((each) => each.getRootNode() === one.shadowRoot).flatMap(inside), one];
    });
  const hitAt = (x: number, y: number): Element | null => {
    let hit = document.elementFromPoint(x, y);
    for (;;) {
      const inner: Element | null = hit?.shadowRoot?.elementFromPoint(x, y) ?? null;
      if (!inner || inner === hit) return hit;
      hit = inner;
    }
  };

  const found = new Set<string>();
  const styles = new Map<Element, CSSStyleDeclaration>();
  const styleOf = (one: Element) => {
    const style = styles.get(one) ?? getComputedStyle(one);
    styles.set(one, style);
    return style;
  };
  const name = (one: Element) => {
    const [first = ""] = one.classList;
    const text = one.getAttribute("aria-label") ?? one.textContent ?? "";
    return `${one.localName}${first && `.${first}`} “${text.trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  };
  const note = (what: string, one: Element, more = "") => found.add(`${what}: ${name(one)} ${more}`.trim());
  const px = (...all: number[]) => all.map(Math.round).join(" ");

  const isTop = (one: Element) =>
    (one instanceof HTMLDialogElement && one.open) || one.matches("[popover]:popover-open, .toasts");
  const isFixed = (one: Element) => {
    const { position, zIndex, backgroundColor } = styleOf(one);
    if (position === "absolute") return zIndex !== "auto" && (rgb(backgroundColor)[3] ?? 0) > 0.9;
    return position === "fixed" || position === "sticky";
  };
  /** What is drawn over the rest of the page, with what is in it. */
  const layerOf = (of: Element) => {
    for (let one: Element | null = of; one; one = parentOf(one)) if (isTop(one) || isFixed(one)) return one;
    return document.body;
  };
  // The styles take the attribute for a mark, whatever it says.
  for (const one of queryAll("[aria-current=false]")) note("marked, though not current", one);
  const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
  const isHiddenByDesign = (of: Element) => {
    for (let one: Element | null = of; one; one = parentOf(one)) {
      const { clipPath, width, height, position } = styleOf(one);
      if (
        clipPath.startsWith("inset(50%") ||
        (position === "absolute" && width === "1px" && height === "1px")
      )
        return true;
      if (Number(styleOf(one).opacity) === 0) return true;
    }
    return false;
  };
  const isShown = (one: Element) =>
    one.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true }) &&
    (!modal || modal.contains(one)) &&
    !one.closest("[inert], [data-leaving]") &&
    !isHiddenByDesign(one);
  const isDisabled = (one: Element) => one.closest(":disabled, [aria-disabled=true]") !== null;

  /** What cuts an element off: each ancestor that does, and whether one can scroll there. */
  const cutters = (of: Element) => {
    const all: { by: Element; x: "cut" | "scroll" | ""; y: "cut" | "scroll" | "" }[] = [];
    const kind = (value: string) => (value === "visible" ? "" : /auto|scroll/.test(value) ? "scroll" : "cut");
    let isLoose = false;
    for (let one: Element | null = of; one && one !== document.body; one = parentOf(one)) {
      const { overflowX, overflowY, position } = styleOf(one);
      if (isLoose && position === "static" && styleOf(one).transform === "none") continue;
      isLoose = position === "absolute";
      if (overflowX !== "visible" || overflowY !== "visible")
        if (styleOf(one).display !== "inline") all.push({ by: one, x: kind(overflowX), y: kind(overflowY) });
      if (position === "fixed" || isTop(one)) break;
    }
    return all;
  };
  const within = (box: Box, of: Element): Box => {
    const rest = { left: box.left, top: box.top, right: box.right, bottom: box.bottom };
    for (const { by, x, y } of cutters(of)) {
      const { left, top, right, bottom } = by.getBoundingClientRect();
      if (x) Object.assign(rest, { left: Math.max(rest.left, left), right: Math.min(rest.right, right) });
      if (y) Object.assign(rest, { top: Math.max(rest.top, top), bottom: Math.min(rest.bottom, bottom) });
    }
    return rest;
  };
  const isThere = ({ left, top, right, bottom }: Box) =>
    right - left > 1 && bottom - top > 1 && right > 0 && left < innerWidth && bottom > 0 && top < innerHeight;
  /** What two boxes have in common; undefined: no more than comes by rounding. */
  const common = (a: Box, b: Box): Box | undefined => {
    const box = {
      left: Math.max(a.left, b.left),
      top: Math.max(a.top, b.top),
      right: Math.min(a.right, b.right),
      bottom: Math.min(a.bottom, b.bottom),
    };
    return box.right - box.left > 2 && box.bottom - box.top > 2 ? box : undefined;
  };
  const isInside = (inner: Box, outer: Box) =>
    inner.left >= outer.left - SLACK &&
    inner.right <= outer.right + SLACK &&
    inner.top >= outer.top - SLACK &&
    inner.bottom <= outer.bottom + SLACK;

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const colours = new Map<string, Rgb>();
  const rgb = (text: string): Rgb => {
    const [r = 0, g = 0, b = 0, a = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
    if (/^rgb/.test(text)) return [r, g, b, a];
    const known = colours.get(text);
    if (known || !canvas) return known ?? [0, 0, 0, 0];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
    const value: Rgb = [red, green, blue, alpha / 255];
    colours.set(text, value);
    return value;
  };
  const over = ([r, g, b, a]: Rgb, [x, y, z]: Rgb): Rgb => [
    r * a + x * (1 - a),
    g * a + y * (1 - a),
    b * a + z * (1 - a),
    1,
  ];
  const luminance = ([red, green, blue]: Rgb) => {
    const [r = 0, g = 0, b = 0] = [red, green, blue]
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one: Rgb, other: Rgb) => {
    const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const opacityOf = (of: Element) => {
    let opacity = 1;
    for (let one: Element | null = of; one; one = parentOf(one)) opacity *= Number(styleOf(one).opacity);
    return opacity;
  };
  /** The colour behind an element at a point; undefined: a picture or a gradient. */
  const behind = (one: Element, x: number, y: number): Rgb | undefined => {
    const stack = stackAt(x, y);
    const at = stack.indexOf(one);
    const below = at < 0 ? [] : stack.slice(at);
    if (at < 0) for (let up: Element | null = one; up; up = parentOf(up)) below.push(up);
    const { colorScheme } = getComputedStyle(document.documentElement);
    const isDark = matchMedia("(prefers-color-scheme: dark)").matches || !colorScheme.includes("light");
    let colour: Rgb = rgb(colorScheme.includes("dark") && isDark ? "#121212" : "#fff");
    for (const each of below.toReversed()) {
      const { backgroundColor, backgroundImage } = styleOf(each);
      if (backgroundImage !== "none" || each.matches("img, video, canvas")) return undefined;
      const [r, g, b, a] = rgb(backgroundColor);
      colour = over([r, g, b, a * opacityOf(each)], colour);
    }
    return colour;
  };
  const look = (one: Element, text: string, box: Box, least: number) => {
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const ground = behind(one, x, y);
    if (!ground || isDisabled(one)) return;
    const [r, g, b, a] = rgb(text);
    const ratio = contrast(over([r, g, b, a * opacityOf(one)], ground), ground);
    if (ratio < least - 0.05) note("faint", one, `${ratio.toFixed(1)} of ${least}`);
  };

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth)
    found.add(`the page scrolls sideways: ${root.scrollWidth} of ${innerWidth}`);

  // Texts.
  const texts: { one: Element; box: Box; layer: Element }[] = [];
  const walkers = roots.map((each) =>
    document.createTreeWalker(each instanceof Document ? each.body : each, NodeFilter.SHOW_TEXT),
  );
  const emoji = /^[\p{Extended_Pictographic}\p{Emoji_Component}\s]+$/u;
  const range = document.createRange();
  const nodes = walkers.flatMap((walker) => {
    const own: Node[] = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) own.push(node);
    return own;
  });
  for (const node of nodes) {
    const one = node.parentElement;
    if (!one || !node.textContent?.trim() || one.closest("script, style, noscript, option, title")) continue;
    if (!isShown(one)) continue;
    const style = styleOf(one);
    // What has no colour is not meant to be seen: something else is drawn for it.
    if (rgb(style.color)[3] === 0) continue;
    const size = Number.parseFloat(style.fontSize);
    range.selectNodeContents(node);
    const all = cutters(one);
    let block: Element = one;
    while (styleOf(block).display.startsWith("inline") && !isTop(block) && block.parentElement)
      if (styleOf(block).display === "inline") block = block.parentElement;
      else break;
    for (const line of range.getClientRects()) {
      if (line.width < 1) continue;
      const shown = within(line, one);
      // Cut, unless it says so, or one can scroll there.
      let [x, y] = [true, true];
      for (const { by, ...kind } of all) {
        const box = by.getBoundingClientRect();
        const { textOverflow, webkitLineClamp, maskImage } = styleOf(by);
        const isSaid = textOverflow === "ellipsis" || webkitLineClamp !== "none" || maskImage !== "none";
        const isTold = isSaid || one.closest("[title]") !== null;
        if (
          x &&
          kind.x === "cut" &&
          !isTold &&
          (line.left < box.left - SLACK || line.right > box.right + SLACK)
        )
          note("cut", one, `by ${name(by).split(" ")[0]} at its side`);
        const rest = Math.max(3, size / 4);
        if (
          y &&
          kind.y === "cut" &&
          !isTold &&
          (line.top < box.top - rest || line.bottom > box.bottom + rest)
        )
          note("cut", one, `by ${name(by).split(" ")[0]} above or below`);
        if (kind.x) x = false;
        if (kind.y) y = false;
      }
      if (!isThere(shown)) continue;
      if (shown.left < -SLACK || shown.right > innerWidth + SLACK)
        note("out of the page", one, px(shown.left, shown.right));
      const { left, right } = block.getBoundingClientRect();
      // The blank at the end of a line stands out of it.
      const isHanging = style.whiteSpace === "pre-wrap";
      if (styleOf(block).overflowX === "visible" && styleOf(block).display !== "contents")
        if (shown.left < left - 2 || shown.right > right + (isHanging ? size / 2 : 2))
          note("spills", one, `out of ${name(block).split(" ")[0]}`);
      const isEmoji = emoji.test(node.textContent);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (!isEmoji && !one.closest("[aria-hidden=true]") && size < LEAST.text - 0.01)
        note("small text", one, `${size} px`);
      if (!isEmoji && !isDisabled(one)) look(one, style.color, shown, isLarge ? 3 : 4.5);
      texts.push({ one, box: shown, layer: layerOf(one) });
      const hit = hitAt((shown.left + shown.right) / 2, (shown.top + shown.bottom) / 2);
      const canScroll = all.some(({ by, x }) => x === "scroll" && by.scrollWidth > by.clientWidth);
      const isPassed = style.pointerEvents === "none";
      if (
        hit &&
        !isPassed &&
        !canScroll &&
        !hit.contains(one) &&
        !one.contains(hit) &&
        layerOf(hit) === layerOf(one)
      ) {
        const [, , , alpha] = rgb(styleOf(hit).backgroundColor);
        const isDrawn = opacityOf(hit) > 0.1 && (alpha > 0.3 || hit.matches("img, video, canvas"));
        if (isDrawn) note("covered", one, `by ${name(hit)}`);
      }
    }
  }
  texts.forEach((a, i) => {
    for (const b of texts.slice(i + 1)) {
      if (a.layer !== b.layer || a.one === b.one || a.one.contains(b.one) || b.one.contains(a.one)) continue;
      const both = common(a.box, b.box);
      // Lines stand close to each other.
      if (both && both.bottom - both.top > 6) note("text over text", a.one, `and ${name(b.one)}`);
    }
  });

  // Fields: what they say is no text of the document.
  for (const field of queryAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
    if (
      !isShown(field) ||
      field.matches("[type=checkbox], [type=radio], [type=range], [type=file], [type=color]")
    )
      continue;
    const box = within(field.getBoundingClientRect(), field);
    if (!isThere(box)) continue;
    const style = styleOf(field);
    if (Number.parseFloat(style.fontSize) < LEAST.text) note("small text", field, style.fontSize);
    const isHint = field.matches(":placeholder-shown");
    const colour = isHint ? getComputedStyle(field, "::placeholder").color : style.color;
    if (!isHint || field.placeholder) look(field, colour, box, 4.5);
    if (!isHint || !canvas || !(field instanceof HTMLInputElement)) continue;
    canvas.font = style.font;
    const room =
      field.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
    if (
      canvas.measureText(field.placeholder).width > room + SLACK &&
      !field.title &&
      style.textOverflow !== "ellipsis"
    )
      note("cut", field, "its placeholder");
  }

  // What is clicked.
  const targets = queryAll<HTMLElement>(TARGETS)
    .filter(
      (one) =>
        isShown(one) && !(one.localName === "label" && one.querySelector("input, select, textarea") === null),
    )
    .filter((one) => styleOf(one).pointerEvents !== "none" && !one.matches(".scroller, [role=region]"))
    .map((one) => ({
      one,
      layer: layerOf(one),
      boxes: [...(styleOf(one).display === "inline" ? one.getClientRects() : [one.getBoundingClientRect()])]
        .map((box) => within(box, one))
        .filter(isThere),
    }))
    .filter(({ boxes }) => boxes.length > 0);
  for (const { one, boxes, layer } of targets) {
    const whole = one.getBoundingClientRect();
    const isInline = styleOf(one).display === "inline";
    const [box = whole] = boxes;
    if (box.left < -SLACK || box.right > innerWidth + SLACK)
      note("out of the page", one, px(box.left, box.right));
    if (layer !== document.body && (box.top < -SLACK || box.bottom > innerHeight + SLACK) && isTop(layer))
      note("out of the page", one, px(box.top, box.bottom));
    for (const { by, x, y } of cutters(one)) {
      if (by === one) continue;
      const { left, right, top, bottom } = by.getBoundingClientRect();
      if (x === "cut" && !isInline && (whole.left < left - 2 || whole.right > right + 2))
        note("cut", one, `by ${name(by).split(" ")[0]} at its side`);
      if (y === "cut" && !isInline && (whole.top < top - 2 || whole.bottom > bottom + 2))
        note("cut", one, `by ${name(by).split(" ")[0]} above or below`);
      if (x === "scroll" || y === "scroll") break;
    }
    const parent = one.parentElement?.getBoundingClientRect();
    const { position, marginInline } = styleOf(one);
    // A negative margin is meant.
    const isFlowing = ["static", "relative"].includes(position) && !marginInline.includes("-");
    if (parent && parent.width > 0 && isFlowing && !isInline && one.parentElement)
      if (
        styleOf(one.parentElement).overflowX === "visible" &&
        styleOf(one.parentElement).display !== "contents"
      )
        if (whole.left < parent.left - 2 || whole.right > parent.right + 2)
          note("spills", one, `out of ${name(one.parentElement).split(" ")[0]}`);
    // A click on its label, or on the row that is chosen by it, does the same.
    const more = one instanceof HTMLInputElement ? (one.labels?.[0] ?? one.closest("[data-selected]")) : null;
    const label = more?.getBoundingClientRect();
    const width = Math.max(whole.width, label?.width ?? 0);
    const height = Math.max(whole.height, label?.height ?? 0);
    const isCut = box.bottom - box.top < whole.height - 1 || box.right - box.left < whole.width - 1;
    const [x, y] = [(whole.left + whole.right) / 2, (whole.top + whole.bottom) / 2];
    // What is clicked may reach beyond what is drawn.
    const reaches = (byX: number, byY: number) =>
      [-1, 1].every((way) => one.contains(hitAt(x + way * byX, y + way * byY)));
    const half = LEAST.target / 2 - 0.5;
    const isSmall = (size: number, byX: number, byY: number) =>
      size < LEAST.target - 0.1 && !reaches(byX, byY);
    if (!isInline && !isCut && (isSmall(width, half, 0) || isSmall(height, 0, half)))
      note("small target", one, `${width.toFixed(0)} × ${height.toFixed(0)}`);
    if (one.matches("button, a") && !one.innerText.trim() && one.querySelector("svg"))
      look(one, styleOf(one).color, box, 3);
    // Half of it is in sight: something else may not be hit there.
    const hit = hitAt((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (
      !isInline &&
      hit &&
      layerOf(hit) === layer &&
      !one.contains(hit) &&
      !hit.contains(one) &&
      !isDisabled(one)
    )
      if (!(one instanceof HTMLInputElement && [...(one.labels ?? [])].some((each) => each.contains(hit))))
        if (hit.closest(TARGETS) !== one.closest("label") || !one.closest("label"))
          if (
            !targets.some(
              ({ one: other, boxes: [part] }) =>
                other !== one && other.contains(hit) && part && isInside(part, box),
            )
          )
            note("covered", one, `by ${name(hit)}`);
  }
  targets.forEach((a, i) => {
    for (const b of targets.slice(i + 1)) {
      if (a.layer !== b.layer || a.one.contains(b.one) || b.one.contains(a.one)) continue;
      if (a.one.closest("label")?.contains(b.one) || b.one.closest("label")?.contains(a.one)) continue;
      for (const box of a.boxes)
        for (const other of b.boxes) {
          const isNested = isInside(box, other) || isInside(other, box);
          if (!isNested && common(box, other)) note("overlap", a.one, `and ${name(b.one)}`);
        }
    }
  });
  return [...found];
}

/** Runs in the page. */
function unmarked(): string[] {
  const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
  const open = [...document.querySelectorAll("[popover]:popover-open")].at(-1);
  const inside = open ?? modal ?? document.body;
  const found: string[] = [];
  const styleOf = (one: Element | null | undefined) => {
    if (!one) return "";
    const all = [null, "::before", "::after"].map((part) => {
      const { outline, outlineColor, boxShadow, borderColor, backgroundColor, textDecoration, opacity } =
        getComputedStyle(one, part);
      return [outline, outlineColor, boxShadow, borderColor, backgroundColor, textDecoration, opacity];
    });
    return String(all);
  };
  const around = (one: HTMLElement) => {
    const up = one.parentElement;
    const all = [
      one,
      one.firstElementChild,
      one.querySelector(".bubble"),
      one.nextElementSibling,
      up,
      up?.parentElement,
      one.closest("li, form"),
    ];
    return String(all.map(styleOf));
  };
  const before = document.activeElement;
  for (const one of inside.querySelectorAll<HTMLElement>(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, li[tabindex], [tabindex='0']",
  )) {
    if (one.matches(":disabled, [inert] *") || !one.checkVisibility({ visibilityProperty: true })) continue;
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    const without = around(one);
    one.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement !== one || !one.matches(":focus-visible")) continue;
    if (around(one) !== without) continue;
    const text = one.getAttribute("aria-label") ?? one.textContent ?? "";
    found.push(`focus not shown: ${one.localName}.${one.className} “${text.trim().slice(0, 40)}”`);
  }
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return found;
}
