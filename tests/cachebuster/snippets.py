"""Scripts and styles that minifiers are known to break.

Each script is the body of a function; what it returns is compared before and after.
"""

SCRIPTS = {
    "template literal keeps its spaces": "return `a  b\n   c ${1 + 1}  d`;",
    "nested templates": "const f = (x) => `<${`${x}`}>`; return f(`a${`b${'c'}`}`);",
    "object in a template": "return `${JSON.stringify({a: {b: 1}, c: [1, 2]})}`;",
    "string with a comment in it": "return 'http://x.example//y' + \"/* no */\";",
    "template with a comment in it": "return `// kept /* too */ ${'//'}`;",
    "regular expression after a brace": '{ } return /[/\\]}\'"]+/.test("\'");',
    "regular expression or division": "const a = 8, b = 2, g = 1; return a / b / g;",
    "division after a bracket": "const a = [6]; return a[0] / 2 + (4) / 2;",
    "plus and minus signs": "let a = 1; const b = a + +a - -a + ++a - --a; return b;",
    "newline ends return": "const f = () => { return\n1; }; return String(f());",
    "newline before a bracket": "const a = 1\nconst b = [a, 2]\nreturn b.join()",
    "keyword as a property": "return ({class: 1, new: 2}).class + {if: 3}.if;",
    "optional chaining and defaults": (
        "const a = {b: null}; return [a?.b?.c ?? 'd', a.b ||= 0].join();"
    ),
    "exponent of a negative number": "return (-2) ** 2 + 2 ** -1;",
    "private fields": (
        "class A { #x = 1; static #n = 2; get x() { return this.#x + A.#n; } } "
        "return new A().x;"
    ),
    "labels and comma": (
        "let n = 0; out: for (let i = 0; ; i++) { for (;;) { "
        "if (i > 3) break out; n += i; continue out; } } return n;"
    ),
    "shadowed names": "const a = 1; { const a = 2; { var c = a; } } return a + c;",
    "destructuring": (
        "const {a: {b = 5} = {}, ...rest} = {c: 1, d: 2}; "
        "return JSON.stringify([b, rest]);"
    ),
    "generator and spread": (
        "function* g() { yield* [1, 2]; yield 3; } return [...g()].join();"
    ),
    "big and old numbers": (
        "return [0xff, 1e3, 1_000, 10n ** 20n, .5, 5., 0b11].join();"
    ),
    "unicode": "return 'é\\u{1F600}\\u2028' + \"\\x41\\0\".length;",
    "await and arrow": (
        "const f = async (x) => ({x}); return f(1) instanceof Promise;"
    ),
    "html comment look-alike": "let x = 3, y = 0; while (x --> 0) y++; return y;",
}
STYLES = {
    "spaces in calc": "p { width: calc(100% - (2rem + 1px) * 2); }",
    "calc in clamp": "p { font-size: clamp(1rem, 2vw + 1rem, calc(3rem - 1px)); }",
    "nesting": (
        "a { color: red; &:hover { color: blue; } .b & { margin: 0 auto; } > i { "
        "top: 0 } }"
    ),
    "container": "@container card (min-width: 30rem) { p { color: red; } }",
    "data address": (
        "p { "
        'background: url("data:image/svg+xml;utf8,<svg '
        "xmlns='http://www.w3.org/2000/svg' />\"); "
        "}"
    ),
    "content string": 'p::before { content: " /* kept */  ; } "; }',
    "custom property": (
        ":root { --gap:  1px ; --empty: ; --list: a , b; } p { "
        "margin: var(--gap, 2px); }"
    ),
    "selectors": (
        "a:not(.b, .c) + d ~ e > f, a :is(b, c):nth-child(2n + 1 of .x) { top: 0; }"
    ),
    "media": (
        "@media screen and (min-width: 10em) and (not (hover)) { p { top: 0; } }"
    ),
    "layers and supports": (
        "@layer a, b; @layer a { p { top: 0; } } "
        "@supports (display: grid) and (not (gap: 1x)) { p { top: 1px; } }"
    ),
    "font shorthand": 'p { font: italic 700 12px / 1.5 "A  B", sans-serif; }',
    "important and hex": (
        "p { color: #AABBCC !important; margin: 0.50em -0.0px 0 .5em; }"
    ),
    "grid areas": (
        'p { grid-template-areas: "a  b" "c d"; grid-area: 1 / 2 / 3 / 4; }'
    ),
    "keyframes": (
        "@keyframes x { from { top: 0% } 50.5% { top: 1px } to { top: 100% } }"
    ),
    "escape": '.a\\:b, .\\31 0 { top: 0; } [title="a b"] { left: 0; }',
}
