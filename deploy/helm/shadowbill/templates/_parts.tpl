{{- define "shadowbill.labels" -}}
app.kubernetes.io/name: shadowbill
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "shadowbill.pod" -}}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
volumes:
  - name: config
    configMap: { name: {{ .Release.Name }}-config }
  - name: tmp
    emptyDir: {}
{{- end }}

{{- define "shadowbill.container" -}}
image: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  - { name: NODE_ENV, value: production }
  - { name: LOG_LEVEL, value: {{ .Values.logLevel | quote }} }
envFrom:
  - secretRef: { name: {{ .secret | default .Values.secretName | quote }} }
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: config, mountPath: /etc/shadowbill, readOnly: true }
  - { name: tmp, mountPath: /tmp }
{{- end }}
