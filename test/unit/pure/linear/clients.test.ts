import { describe, it } from "vitest";
import { parseMarkup } from "../../../../packages/react/src/markup/index.ts";
import { expectLinear } from "./worst-texts.ts";

describe("readers of parley-react", () => {
  it("markup", () => expectLinear((text) => parseMarkup(text)));
});
