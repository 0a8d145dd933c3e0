{{/* The image, by digest or tag. */}}
{{- define "mahila-lib.image" -}}
{{- $image := .Values.global.image }}
{{- if $image.digest -}}
{{ printf "%s@%s" $image.repository $image.digest }}
{{- else -}}
{{ printf "%s:%s" $image.repository ($image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* What every container of ours may do: nothing. */}}
{{- define "mahila-lib.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What every pod of ours is: the "restricted" profile, without a token of the cluster and without variables of others. */}}
{{- define "mahila-lib.pod-security" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  # Secrets are mounted for this group alone.
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.global.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Where pods may run. */}}
{{- define "mahila-lib.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* The settings of the service that serves, as variables: the binary refuses a name that it does not know. */}}
{{- define "mahila-lib.env" -}}
{{- $v := .Values }}
{{- $g := $v.global }}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- $database := printf "MAHILA__DATABASE__%s" (upper $service.short) -}}
- {name: MAHILA__SERVER__LISTEN, value: "0.0.0.0:7100"}
- {name: MAHILA__SERVER__HEALTH_LISTEN, value: "0.0.0.0:7101"}
- {name: MAHILA__SERVER__DRAIN_DELAY_MS, value: {{ int $v.server.drainDelayMs | quote }}}
- {name: MAHILA__SERVER__DRAIN_TIMEOUT_MS, value: {{ int $v.server.drainTimeoutMs | quote }}}
- {name: MAHILA__SERVER__MAX_IN_FLIGHT, value: {{ int $v.server.maxInFlight | quote }}}
- {name: MAHILA__SERVER__MAX_CONNECTION_AGE_SECONDS, value: {{ int $v.server.maxConnectionAgeSeconds | quote }}}
- {name: MAHILA__SERVER__REFLECTION, value: {{ $v.server.reflection | quote }}}
{{- if ne $g.tls.mode "none" }}
{{- $ca := include "mahila-lib.ca-file" . }}
- {name: MAHILA__SERVER__TLS__CERT_FILE, value: /run/mahila/tls/tls.crt}
- {name: MAHILA__SERVER__TLS__KEY_FILE, value: /run/mahila/tls/tls.key}
- {name: MAHILA__SERVER__TLS__CLIENT_CA_FILE, value: {{ $ca }}}
- {name: MAHILA__SERVER__TLS__CLIENT_CERTIFICATES, value: {{ $g.tls.clientCertificates }}}
- {name: MAHILA__SERVER__TLS__CLIENT_NAMES, value: {{ include "mahila-lib.client-names" . | quote }}}
{{- if $service.follows }}
- {name: MAHILA__PEERS__CA_FILE, value: {{ $ca }}}
- {name: MAHILA__PEERS__CERT_FILE, value: /run/mahila/tls/tls.crt}
- {name: MAHILA__PEERS__KEY_FILE, value: /run/mahila/tls/tls.key}
{{- end }}
{{- end }}
- {name: {{ $database }}__URL_FILE, value: /run/mahila/database/url}
{{- include "mahila-lib.database-env" . | nindent 0 }}
- {name: {{ $database }}__MAX_CONNECTIONS, value: {{ int $v.database.maxConnections | quote }}}
- {name: {{ $database }}__ACQUIRE_TIMEOUT_MS, value: {{ int $v.database.acquireTimeoutMs | quote }}}
- {name: {{ $database }}__STATEMENT_TIMEOUT_MS, value: {{ int $v.database.statementTimeoutMs | quote }}}
- {name: {{ $database }}__STATEMENT_CACHE, value: {{ int $v.database.statementCache | quote }}}
- {name: MAHILA__AUTH__ISSUER, value: {{ $g.auth.issuer | quote }}}
- {name: MAHILA__AUTH__AUDIENCE, value: {{ $g.auth.audience | quote }}}
- {name: MAHILA__AUTH__JWKS, value: {{ $g.auth.jwks.url | default "/run/mahila/jwks/jwks.json" | quote }}}
{{- range $peer, $short := $service.peers }}
- {name: MAHILA__PEERS__{{ upper $short }}, value: {{ include "mahila-lib.peer-url" (dict "context" $ "peer" $peer) | quote }}}
{{- end }}
{{- if $service.follows }}
- {name: MAHILA__PEERS__TOKEN_FILE, value: /run/mahila/peers/token}
{{- end }}
{{- if $service.vault }}
- {name: MAHILA__SEAL__KEYS_FILE, value: /run/mahila/vault/keys}
{{- end }}
{{- with $g.telemetry.otlpEndpoint }}
- {name: MAHILA__TELEMETRY__OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
- {name: MAHILA__TELEMETRY__SAMPLE_RATIO, value: {{ $g.telemetry.sampleRatio | quote }}}
- {name: MAHILA__TELEMETRY__LOG_FORMAT, value: json}
- {name: MAHILA__TELEMETRY__LOG_FILTER, value: {{ $g.telemetry.logFilter | quote }}}
- {name: MAHILA__TELEMETRY__SERVICE_INSTANCE, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
{{- end }}

{{/* All pods behind the headless name are dialled, and looked up again: the client balances. */}}
{{- define "mahila-lib.peer-url" -}}
{{- printf "%s://%s-headless.%s.svc:7100" (ternary "http" "https" (eq .context.Values.global.tls.mode "none")) .peer .context.Release.Namespace }}
{{- end }}

{{/* Folders of secrets, whole (never subPath), so that what is rotated is seen. */}}
{{- define "mahila-lib.mounts" -}}
{{- $g := .Values.global }}
{{- $service := include "mahila-lib.service" . | fromYaml -}}
- {name: database, mountPath: /run/mahila/database, readOnly: true}
{{- if ne $g.tls.mode "none" }}
- {name: tls, mountPath: /run/mahila/tls, readOnly: true}
{{- if $g.tls.caConfigMap.name }}
- {name: ca, mountPath: /run/mahila/ca, readOnly: true}
{{- end }}
{{- end }}
{{- if $g.auth.jwks.existingSecret }}
- {name: jwks, mountPath: /run/mahila/jwks, readOnly: true}
{{- end }}
{{- if $service.follows }}
- {name: peers, mountPath: /run/mahila/peers, readOnly: true}
{{- end }}
{{- if $service.vault }}
- {name: vault, mountPath: /run/mahila/vault, readOnly: true}
{{- end }}
{{- end }}

{{/* The volumes of those folders. */}}
{{- define "mahila-lib.volumes" -}}
{{- $v := .Values }}
{{- $g := $v.global }}
{{- $service := include "mahila-lib.service" . | fromYaml -}}
{{ include "mahila-lib.database-volume" (dict "context" . "role" "app") }}
{{- if ne $g.tls.mode "none" }}
- name: tls
  secret:
    secretName: {{ include "mahila-lib.tls-secret" . }}
    defaultMode: 0440
{{- with $g.tls.caConfigMap.name }}
- name: ca
  configMap:
    name: {{ . }}
{{- end }}
{{- end }}
{{- with $g.auth.jwks.existingSecret }}
- name: jwks
  secret:
    secretName: {{ . }}
    defaultMode: 0440
    items:
      - {key: {{ $g.auth.jwks.key }}, path: jwks.json}
{{- end }}
{{- if $service.follows }}
- name: peers
  secret:
    secretName: {{ $v.peers.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ $v.peers.tokenKey }}, path: token}
{{- end }}
{{- if $service.vault }}
- name: vault
  secret:
    secretName: {{ $v.vault.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ $v.vault.key }}, path: keys}
{{- end }}
{{- end }}
