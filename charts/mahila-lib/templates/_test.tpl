{{/*
`helm test`: files a complaint as a desk does, over the service's own address, reads it back and tracks it by its receipt. The request's id comes
from the release, its revision and the station, so that a second run of the same test files nothing more. The complaint stays and is counted: its station is chosen
for that.
*/}}
{{- define "mahila-lib.test" -}}
{{- $v := .Values }}
{{- $g := $v.global }}
{{- $test := dict "context" . "component" "test" }}
{{- if $v.test.enabled }}
{{- if not (and $v.test.station $v.test.existingSecret) }}
{{- fail "test.enabled needs test.station, where the complaint is filed and counted, and test.existingSecret with a desk officer's token of that station" }}
{{- end }}
{{- if and (ne $g.tls.mode "none") (eq $g.tls.clientCertificates "required") }}
{{- fail "test.enabled calls with a token alone, but global.tls.clientCertificates is required; set it to services, or test.enabled: false" }}
{{- end }}
{{- $digest := printf "%s/%s/%d/%s" .Release.Namespace .Release.Name .Release.Revision $v.test.station | sha256sum }}
{{- $id := printf "%s-%s-4%s-8%s-%s" (substr 0 8 $digest) (substr 8 12 $digest) (substr 13 16 $digest) (substr 17 20 $digest) (substr 20 32 $digest) -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ .Chart.Name }}-test
  labels: {{- include "mahila-lib.labels" $test | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  {{- include "mahila-lib.pod-security" . | nindent 2 }}
  {{- with include "mahila-lib.placement" . }}
  {{- . | nindent 2 }}
  {{- end }}
  restartPolicy: Never
  containers:
    - name: rehearse
      image: {{ include "mahila-lib.image" . | quote }}
      imagePullPolicy: {{ $g.image.pullPolicy }}
      args: [rehearse, --station={{ $v.test.station }}, --request-id={{ $id }}]
      env:
        - {name: MAHILA_ADDRESS, value: "{{ ternary "http" "https" (eq $g.tls.mode "none") }}://{{ .Chart.Name }}.{{ .Release.Namespace }}.svc:7100"}
        - {name: MAHILA_TOKEN, valueFrom: {secretKeyRef: {name: {{ $v.test.existingSecret }}, key: {{ $v.test.tokenKey }}}}}
        {{- if ne $g.tls.mode "none" }}
        - {name: MAHILA_CA, value: /run/mahila/ca/{{ ternary $g.tls.caConfigMap.key "ca.crt" (ne $g.tls.caConfigMap.name "") }}}
        {{- end }}
      resources: {{- toYaml $v.resources | nindent 8 }}
      securityContext: {{- include "mahila-lib.container-security" . | nindent 8 }}
      {{- if ne $g.tls.mode "none" }}
      volumeMounts:
        - {name: ca, mountPath: /run/mahila/ca, readOnly: true}
      {{- end }}
  {{- if ne $g.tls.mode "none" }}
  volumes:
    - name: ca
      {{- if $g.tls.caConfigMap.name }}
      configMap:
        name: {{ $g.tls.caConfigMap.name }}
      {{- else }}
      secret:
        secretName: {{ include "mahila-lib.tls-secret" . }}
        items:
          - {key: ca.crt, path: ca.crt}
      {{- end }}
  {{- end }}
{{- if $g.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Chart.Name }}-test
  labels: {{- include "mahila-lib.labels" $test | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "mahila-lib.selector" $test | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "mahila-lib.egress-dns" . | nindent 4 }}
    - to:
        - {{ include "mahila-lib.pods-of" (list .Chart.Name) | nindent 10 | trim }}
      ports:
        - {port: 7100, protocol: TCP}
{{- end }}
{{- end }}
{{- end }}
