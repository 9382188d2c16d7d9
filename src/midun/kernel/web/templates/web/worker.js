{% load static %}// Keeps one page on the device: the one that says that the network is down. Everything else always comes from the server.
"use strict";
const CACHE = "midun-{% static 'midun/css/midun.css' %}";
const KEPT = [
  "{% url 'web:offline' %}",
  "{% static 'midun/vendor/tabler.min.css' %}",
  "{% static 'midun/css/midun.css' %}",
  "{% static 'midun/vendor/icons.svg' %}",
  "{% static 'midun/js/midun.js' %}",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match(KEPT[0])));
  } else if (KEPT.includes(path)) {
    event.respondWith(fetch(event.request).catch(() => caches.match(path)));
  }
});
