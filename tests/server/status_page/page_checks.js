// Looks for faults of the page as it is shown now; each function returns sentences, [] when all is well.
(() => {
  const describe = node => {
    const element = node.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    return `<${element.tagName.toLowerCase()} ${element.id ? "#" + element.id : "." + element.getAttribute("class")}> ${JSON.stringify(node.textContent.trim().slice(0, 40))}`;
  };
  const parse = colour => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return {r, g, b, a};
  };
  const over = (top, below) => ({
    r: top.r * top.a + below.r * (1 - top.a), g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1});
  const luminance = ({r, g, b}) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  // The colour behind what is in `element`.
  const behind = element => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.a > 0) layers.push(colour);
      if (colour.a === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), {r: 255, g: 255, b: 255, a: 1});
  };
  const opacity = element => { let all = 1; for (let each = element; each; each = each.parentElement) all *= Number(getComputedStyle(each).opacity); return all; };
  const seen = element => element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && element.getClientRects().length > 0;
  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.data.trim() && !node.parentElement.closest("script, style, noscript") && seen(node.parentElement)) found.push(node);
    }
    return found;
  };
  const scrolls = element => { for (let each = element; each; each = each.parentElement) if (["auto", "scroll", "hidden"].includes(getComputedStyle(each).overflowX)) return true; return false; };

  const checks = {
    contrast(least) {
      const found = [];
      let count = 0;
      const compare = (colour, element, what) => {
        const back = behind(element), front = over({...parse(colour), a: parse(colour).a * opacity(element)}, back), value = ratio(front, back);
        ++count;
        if (value < least) found.push(`${what}: contrast ${value.toFixed(2)}, ${colour}`);
      };
      for (const node of texts()) compare(getComputedStyle(node.parentElement).color, node.parentElement, describe(node));
      for (const input of document.querySelectorAll("input[placeholder]")) if (seen(input)) {
        compare(getComputedStyle(input).color, input, "text of " + describe(input));
        compare(getComputedStyle(input, "::placeholder").color, input, "placeholder of " + describe(input));
      }
      if (count < 20) found.push(`only ${count} texts were found`);
      return found;
    },
    overflow() {
      const found = [], width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} px wide in a window of ${width}`);
      for (const element of document.querySelectorAll("body *")) {
        if (!seen(element) || scrolls(element) || element.closest("svg") || element.matches(".skip")) continue;
        const place = element.getBoundingClientRect();
        if (place.right > width + 0.5 || place.left < -0.5) found.push(`${describe(element)} leaves the window`);
        const card = element.parentElement.closest(".card, .bar, .notices li, .why, .tile"), room = card?.getBoundingClientRect();
        if (room && (place.right > room.right + 0.5 || place.bottom > room.bottom + 0.5 || place.left < room.left - 0.5)) found.push(`${describe(element)} leaves ${describe(card)}`);
      }
      // Parts of a drawing outside of its frame.
      for (const drawing of document.querySelectorAll("svg")) {
        if (!seen(drawing) || getComputedStyle(drawing).overflowX !== "visible") continue;
        const room = drawing.getBoundingClientRect();
        for (const part of drawing.children) if (part.getBoundingClientRect().right > room.right + 0.5) found.push(`${describe(part)} leaves its drawing`);
      }
      for (const node of texts()) {
        const box = node.parentElement, range = document.createRange();
        range.selectNodeContents(node);
        if (scrolls(box)) continue;
        const card = box.closest(".card, .bar, .why, .tile > *, .facts > div"), room = card?.getBoundingClientRect();
        for (const place of range.getClientRects()) if (room && place.right > room.right + 1) { found.push(`text ${describe(node)} leaves its box`); break; }
      }
      return found;
    },
    overlaps() {
      const found = [], places = [];
      for (const node of texts()) {
        const range = document.createRange();
        range.selectNodeContents(node);
        if (node.parentElement.closest(".skip, thead")) continue;
        for (const place of range.getClientRects()) places.push([place.left, place.top, place.right, place.bottom, node]);
      }
      places.sort((a, b) => a[1] - b[1]);
      for (let i = 0; i < places.length; ++i) for (let j = i + 1; j < places.length && places[j][1] < places[i][3] - 4; ++j) {
        const [a, b] = [places[i], places[j]];
        if (a[4] !== b[4] && Math.min(a[2], b[2]) - Math.max(a[0], b[0]) > 2) found.push(`${describe(a[4])} and ${describe(b[4])} overlap`);
      }
      return found;
    },
    // The focused element, and whether a person sees that it is.
    focus() {
      const element = document.activeElement;
      if (!element || element === document.body) return {name: "", problem: ""};
      const style = getComputedStyle(element), ring = over(parse(style.outlineColor), behind(element.parentElement));
      const place = element.getBoundingClientRect();
      let problem = "";
      if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) problem = "has no ring";
      else if (ratio(ring, behind(element.parentElement)) < 3) problem = "has a ring that is hard to see";
      else if (place.bottom < 0 || place.top > innerHeight) problem = "is not scrolled into view";
      return {name: describe(element), index: [...document.querySelectorAll("*")].indexOf(element), problem};
    },
    reachable() {
      return [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")].filter(each => seen(each)).map(each => [...document.querySelectorAll("*")].indexOf(each));
    },
    moving() {
      return [...document.querySelectorAll("*")].filter(each => { const s = getComputedStyle(each); return s.animationName !== "none" || s.transitionDuration.split(",").some(d => parseFloat(d) > 0); }).map(describe);
    },
    structure() {
      const found = [];
      for (const table of document.querySelectorAll("table")) {
        if ([...table.querySelectorAll("thead th")].some(th => th.scope !== "col")) found.push("a column without scope");
        if (!table.getAttribute("aria-labelledby")) found.push("a table without a name");
      }
      const live = [...document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log]")];
      if (live.length !== 1) found.push(`${live.length} live regions`);
      for (const element of document.querySelectorAll("*")) for (const {name} of element.attributes) if (name.startsWith("on") || name === "style") found.push(`${describe(element)} has the attribute ${name}`);
      let level = 0;
      for (const heading of document.querySelectorAll("h1, h2, h3, h4")) { const now = Number(heading.tagName[1]); if (now > level + 1) found.push(`${describe(heading)} skips a level`); level = now; }
      const ids = [...document.querySelectorAll("[id]")].map(each => each.id);
      if (new Set(ids).size !== ids.length) found.push("an id twice");
      return found;
    },
  };
  window.checks = checks;
})();
