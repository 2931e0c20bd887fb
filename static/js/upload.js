/* Files dropped or chosen, listed with a way to take each back, and sent with progress and a way to stop.
   Without JavaScript the same form is sent the ordinary way. */
"use strict";

(() => {
  const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
  const kept = new WeakMap(); /* form -> the files chosen so far; the input itself forgets them at each choice */
  const sending = new WeakMap(); /* form -> its request while it is sent */

  const size = (bytes) => {
    let power = 0;
    while (bytes >= 1024 && power < UNITS.length - 1) { bytes /= 1024; power += 1; }
    return `${power && bytes < 100 ? bytes.toFixed(1) : Math.round(bytes)} ${UNITS[power]}`;
  };

  /* The parts of the form an event came from; null when it is not an upload form. */
  const partsOf = (target) => {
    const form = target.closest ? target.closest("form[data-upload]") : null;
    if (!form) return null;
    const find = (selector) => form.querySelector(selector);
    return {
      form,
      file: find('input[type="file"]'),
      drop: find("[data-drop]"),
      list: find("[data-chosen]"),
      button: find('button[type="submit"]'),
      cancel: find("[data-upload-cancel]"),
      area: find("[data-upload-progress]"),
      bar: find("[data-upload-progress] progress"),
      words: find("[data-upload-words]"),
      said: find("[data-upload-said]"),
      limit: Number(form.dataset.uploadLimit),
      most: Number(form.dataset.uploadFiles),
    };
  };

  const say = (parts, text) => { parts.said.textContent = text; };
  const files = (parts) => kept.get(parts.form) || [];
  const same = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

  const problem = (parts) => {
    const chosen = files(parts);
    const together = chosen.reduce((sum, file) => sum + file.size, 0);
    if (parts.most && chosen.length > parts.most) return `These are ${chosen.length} files; the limit is ${parts.most}. Put them into one zip or tar archive.`;
    if (parts.limit && together > parts.limit) return `Together they have ${size(together)}; the limit is ${size(parts.limit)}. Compress with gzip or zstd, or record for a shorter time.`;
    return "";
  };

  const row = (parts, file, index) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const bytes = document.createElement("span");
    const remove = document.createElement("button");
    name.className = "chosen-name";
    name.textContent = file.name;
    bytes.className = "chosen-size number";
    bytes.textContent = size(file.size);
    remove.type = "button";
    remove.className = "button button-quiet";
    remove.textContent = "Remove";
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => {
      keep(parts, files(parts).filter((_, other) => other !== index));
      say(parts, `${file.name} removed. ${problem(parts)}`.trim());
      const next = parts.list.querySelectorAll("button");
      (next[Math.min(index, next.length - 1)] || parts.file).focus();
    });
    item.append(name, bytes, remove);
    return item;
  };

  /* These are the files now: in the list, and in the input, which is what is sent. */
  const keep = (parts, chosen) => {
    kept.set(parts.form, chosen);
    const transfer = new DataTransfer();
    chosen.forEach((file) => transfer.items.add(file));
    parts.file.files = transfer.files;
    parts.list.replaceChildren(...chosen.map((file, index) => row(parts, file, index)));
    parts.list.hidden = !chosen.length;
  };

  const add = (parts, more) => {
    if (sending.has(parts.form)) return;
    const chosen = files(parts).concat(more.filter((file) => !files(parts).some((other) => same(file, other))));
    keep(parts, chosen);
    say(parts, problem(parts) || (chosen.length === 1 ? "1 file chosen." : `${chosen.length} files chosen.`));
  };

  /* A redirect was followed: go there. Anything else is this page again, with what was wrong. */
  const show = (request, action) => {
    if (request.responseURL && request.responseURL !== action) { window.location.assign(request.responseURL); return; }
    const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    if (!answer) { window.location.reload(); return; }
    document.querySelector("main").replaceWith(answer);
    ready();
    const error = answer.querySelector(".errorlist, [role=alert]");
    if (error) { error.tabIndex = -1; error.focus(); }
  };

  const over = (parts, text) => {
    sending.delete(parts.form);
    parts.button.disabled = false;
    parts.cancel.hidden = true;
    parts.area.hidden = true;
    parts.bar.value = 0;
    if (text) say(parts, text);
  };

  const send = (parts) => {
    const request = new XMLHttpRequest();
    request.open("POST", parts.form.action);
    request.upload.addEventListener("progress", (sent) => {
      if (!sent.lengthComputable) return;
      parts.bar.max = sent.total;
      parts.bar.value = sent.loaded;
      parts.words.textContent = `Sent ${size(sent.loaded)} of ${size(sent.total)}`;
    });
    request.upload.addEventListener("load", () => { parts.words.textContent = "Sent. Waiting for the server"; });
    request.addEventListener("load", () => { over(parts, ""); show(request, parts.form.action); });
    request.addEventListener("error", () => over(parts, "The connection was lost while sending. Please try again."));
    request.addEventListener("abort", () => over(parts, "The upload was cancelled. Nothing of it was kept."));
    sending.set(parts.form, request);
    parts.button.disabled = true;
    parts.cancel.hidden = false;
    parts.area.hidden = false;
    parts.words.textContent = "Sending";
    say(parts, "Sending");
    request.send(new FormData(parts.form));
  };

  /* Files dragged over a page with a place for them; elsewhere on that page they do nothing, so that a near miss does not leave it. */
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files") && document.querySelector("[data-drop]");
  const dropOf = (event) => (event.target.closest ? event.target.closest("[data-drop]") : null);

  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    const drop = dropOf(event);
    event.preventDefault();
    event.dataTransfer.dropEffect = drop ? "copy" : "none";
    if (drop) drop.classList.add("drop-over");
  });
  document.addEventListener("dragleave", (event) => {
    const drop = dropOf(event);
    if (drop && !drop.contains(event.relatedTarget)) drop.classList.remove("drop-over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    const drop = dropOf(event);
    event.preventDefault();
    if (!drop) return;
    drop.classList.remove("drop-over");
    add(partsOf(drop), [...event.dataTransfer.files]);
  });

  document.addEventListener("change", (event) => {
    const parts = partsOf(event.target);
    if (parts && event.target === parts.file && parts.file.files.length) add(parts, [...parts.file.files]);
  });

  document.addEventListener("click", (event) => {
    const parts = partsOf(event.target);
    if (parts && event.target === parts.cancel && sending.has(parts.form)) sending.get(parts.form).abort();
  });

  document.addEventListener("submit", (event) => {
    const parts = partsOf(event.target);
    if (!parts || !parts.file.files.length) return;
    event.preventDefault();
    if (problem(parts)) say(parts, problem(parts));
    else if (!sending.has(parts.form)) send(parts);
  });

  const ready = () => document.querySelectorAll("[data-drop-words]").forEach((words) => { words.hidden = false; });
  ready();
})();
