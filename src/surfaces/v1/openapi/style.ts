/** The style sheet of the reference page. The page's CSP names its hash, so it is one constant text. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#ddd, #444); --soft: light-dark(#666, #aaa); --back: light-dark(#f6f6f4, #222); --link: light-dark(#0b57d0, #8ab4f8); }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 52rem); gap: 0 2.5rem; background: light-dark(#fff, #181818); color: light-dark(#1c1c1c, #e6e6e6); }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem 1.25rem; background: var(--back); border-right: 1px solid var(--line); font-size: .875rem; }
nav h2 { font-size: .875rem; margin: 1rem 0 .25rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li { padding: .1rem 0; }
main { padding: 1rem 1.25rem 4rem 0; }
h1 small { color: var(--soft); font-weight: normal; }
section > h2 { margin: 3rem 0 0; padding-bottom: .25rem; border-bottom: 2px solid var(--line); }
article { padding: 1.25rem 0; border-bottom: 1px solid var(--line); }
article:target > h3 { background: light-dark(#fff6d6, #4a3f12); }
h3 { margin: 0; font-size: 1.1rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 .25rem; font-size: .875rem; color: var(--soft); }
p { margin: .5rem 0; }
.said { color: var(--soft); }
.said::before { content: "– "; }
small, i { color: var(--soft); font-size: .8125rem; }
code, pre { font: .875em/1.5 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { background: var(--back); padding: .75rem; overflow: auto; border-radius: .25rem; }
dl { margin: .25rem 0; display: grid; grid-template-columns: minmax(8rem, 13rem) minmax(0, 1fr); font-size: .9375rem; }
dt, dd { margin: 0; padding: .3rem .5rem .3rem 0; border-top: 1px solid var(--line); }
.answers { grid-template-columns: 4rem minmax(0, 1fr); }
dd dl { grid-template-columns: minmax(6rem, 10rem) minmax(0, 1fr); }
.get, .post, .put, .patch, .delete { font: bold .75rem/1 ui-monospace, monospace; padding: .2rem .4rem; border-radius: .25rem; color: #fff; background: #2f6f4f; vertical-align: .1em; }
.post { background: #1f5fbf; }
.put, .patch { background: #8a5a00; }
.delete { background: #a8323e; }
@media (max-width: 52rem) {
  body { display: block; }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem 1.25rem 4rem; }
  dl, dd dl { grid-template-columns: minmax(0, 1fr); }
  .answers { grid-template-columns: 4rem minmax(0, 1fr); }
  dd { border-top: 0; padding-left: 1rem; }
  .answers > dd { border-top: 1px solid var(--line); padding-left: 0; }
}
`;
