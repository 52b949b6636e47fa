import { describe, it } from "vitest";
import { sampledCases } from "../../test/support/sampled-cases.ts";
import { again, expectLinear, PATIENCE_MS } from "../../test/unit/pure/linear/worst-texts.ts";
import { highlighted } from "../src/message/code/highlighted.ts";

const LANGUAGES = "bash css go java javascript json python rust sql typescript html yaml".split(" ");

describe("the colours of code", () => {
  it.each(sampledCases(LANGUAGES, 2))(
    "take linear time: %s",
    async (language) => {
      await expectLinear((text) => highlighted(text, language), 1, [again("<script>"), again("a")]);
    },
    PATIENCE_MS,
  );
});
