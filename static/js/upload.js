/* Shows how far an upload has come. Without JavaScript the same form is sent the ordinary way. */
"use strict";

(() => {
  const mebibytes = (bytes) => (bytes / 1048576).toFixed(1) + " MiB";

  /* The parts of the form an event came from; null when it is not an upload form. */
  const partsOf = (event) => {
    const form = event.target.closest("form[data-upload]");
    if (!form) return null;
    return {
      form,
      file: form.querySelector('input[type="file"]'),
      button: form.querySelector('button[type="submit"]'),
      area: form.querySelector("[data-upload-progress]"),
      bar: form.querySelector("[data-upload-progress] progress"),
      words: form.querySelector("[data-upload-words]"),
      limit: Number(form.dataset.uploadLimit),
    };
  };

  const say = (parts, text) => { parts.area.hidden = false; parts.words.textContent = text; };

  const tooLarge = (parts) => {
    const chosen = parts.file.files[0];
    if (!parts.limit || !chosen || chosen.size <= parts.limit) return false;
    parts.bar.value = 0;
    say(parts, `This file has ${mebibytes(chosen.size)}; the limit is ${mebibytes(parts.limit)}. Compress it with gzip or record for a shorter time.`);
    return true;
  };

  /* A redirect was followed: go there. Anything else is this page again, with what was wrong. */
  const show = (request, action) => {
    if (request.responseURL && request.responseURL !== action) { window.location.assign(request.responseURL); return; }
    const answer = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("main");
    if (!answer) { window.location.reload(); return; }
    document.querySelector("main").replaceWith(answer);
    const error = answer.querySelector(".errorlist, [role=alert]");
    if (error) { error.tabIndex = -1; error.focus(); }
  };

  const send = (parts) => {
    const request = new XMLHttpRequest();
    request.open("POST", parts.form.action);
    request.upload.addEventListener("progress", (sent) => {
      if (!sent.lengthComputable) return;
      parts.bar.max = sent.total;
      parts.bar.value = sent.loaded;
      say(parts, `Sent ${mebibytes(sent.loaded)} of ${mebibytes(sent.total)}`);
    });
    request.addEventListener("load", () => show(request, parts.form.action));
    request.addEventListener("error", () => { parts.button.disabled = false; say(parts, "The connection was lost while sending. Please try again."); });
    parts.button.disabled = true;
    say(parts, "Sending");
    request.send(new FormData(parts.form));
  };

  document.addEventListener("change", (event) => {
    const parts = partsOf(event);
    if (parts && !tooLarge(parts)) parts.area.hidden = true;
  });

  document.addEventListener("submit", (event) => {
    const parts = partsOf(event);
    if (!parts || !parts.file.files.length) return;
    event.preventDefault();
    if (!tooLarge(parts)) send(parts);
  });
})();
