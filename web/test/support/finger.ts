import type { Page } from "playwright-core";

/** A finger on the page of a phone. */
export async function finger(page: Page) {
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", x?: number, y?: number) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: x === undefined || y === undefined ? [] : [{ x, y }],
    });
  let at: [x: number, y: number] = [0, 0];
  return {
    down: async (x: number, y: number) => {
      at = [x, y];
      await touch("touchStart", x, y);
    },
    /** Goes on in a straight line, and stays down. */
    move: async (x: number, y: number) => {
      for (let i = 1; i <= 8; i++)
        await touch("touchMove", at[0] + ((x - at[0]) * i) / 8, at[1] + ((y - at[1]) * i) / 8);
      at = [x, y];
    },
    leave: () => touch("touchEnd"),
  };
}

/** Resolves once the page has loaded what follows fingers. */
export async function followed(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    performance.getEntriesByType("resource").some(({ name }) => name.includes("swipe-back")),
  );
}
