// The address names the conversation and the token: `#conversation=1&token=…`. A product asks its own server.
const chat = document.querySelector("parley-chat");
const unread = document.querySelector("output");
const given = new URLSearchParams(location.hash.slice(1));

chat.addEventListener("parley-unread", ({ detail }) => {
  unread.value = detail.count;
});
chat.addEventListener("parley-signed-out", () => {
  unread.value = "signed out";
});
chat.setAttribute("conversation", given.get("conversation"));
chat.setAttribute("token", given.get("token"));
