import { readSpace } from "../../../core/spaces/own/followed.ts";
import { countPages, weighs } from "../../../http/access/rate-limit.ts";
import { SpaceParams } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

const pageRoute = callerRoutes("Spaces", weighs("page"));

/** Channels that may be read for the cost of a page. */
const READ_FOR_A_PAGE = 10;

const readRoute = pageRoute("put", "/v1/spaces/{id}/read", {
  operationId: "readSpace",
  summary: "Mark all messages of a space as read",
  description: `In the channels that you follow. Each ${READ_FOR_A_PAGE} of them with unread messages count as a page.`,
  request: { params: SpaceParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "not_found"),
  },
});

/** What a member sets of a space for themself. */
export const ownSpaces = v1Router().openapi(readRoute, async (c) => {
  const { core, caller } = c.var;
  await readSpace(core, caller.userId, c.req.valid("param").id, (count) =>
    countPages(c, caller.userId, Math.ceil(count / READ_FOR_A_PAGE) - 1),
  );
  return c.body(null, 204);
});
