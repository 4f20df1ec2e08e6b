# syntax=docker/dockerfile:1

# The bundle is the same for every processor, so that it is built on the builder's own, without emulation.
FROM --platform=$BUILDPLATFORM node:24-slim AS build
# What /data of the image begins as.
WORKDIR /empty
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

# Only copies from here on: nothing runs while the image for another processor is put together.
FROM node:24-slim
LABEL org.opencontainers.image.title="calloff" \
      org.opencontainers.image.description="Calls off compute jobs, and says only what the provider's own status says." \
      org.opencontainers.image.licenses="MIT"
ENV HOST=0.0.0.0 \
    PORT=8787 \
    CALLOFF_DATA_DIR=/data
COPY --from=build /build/dist/cli /app
COPY --from=build /build/LICENSE /app/
COPY --from=build --chown=65532:65532 /empty /data
USER 65532:65532
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["node", "/app/calloff.mjs", "health"]
ENTRYPOINT ["node", "/app/calloff.mjs"]
CMD ["serve"]
